#include "src/wire/write_v2.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "src/base/limits.h"
#include "src/base/text.h"
#include "src/wire/protobuf.h"
#include "src/wire/series_labels.h"
#include "src/wire/series_row.h"

namespace gnomon::wire {
namespace {

using model::WriteBatch;
using Reason = model::RefusalReason;

struct Symbol {
  std::string_view text;
  bool plain = false;        // may be a part of labels: UTF-8 and not too long
  bool metric_name = false;  // is "__name__"
  uint32_t described = 0;    // of a metric: 1 + its place in Decoder::described_
};

// The table of symbols takes no more memory than the message may.
constexpr size_t kSymbolsMax = base::kWriteBytesDecodedMax / sizeof(Symbol);
constexpr uint32_t kNoSymbol = std::numeric_limits<uint32_t>::max();

// The metadata of a metric, as references to symbols.
struct Described {
  uint32_t metric = 0;
  uint64_t type = 0;
  uint64_t help = 0;
  uint64_t unit = 0;
};

// Metadata is that of the family: http_seconds for http_seconds_bucket.
std::string_view family_of(std::string_view metric, std::string_view type) {
  const bool histogram = type == "histogram" || type == "gaugehistogram";
  if (!histogram && type != "summary") return metric;
  for (const std::string_view suffix : {"_bucket", "_count", "_sum", "_gcount", "_gsum"}) {
    if (suffix == "_bucket" && !histogram) continue;
    if (metric.size() > suffix.size() && metric.ends_with(suffix)) {
      return metric.substr(0, metric.size() - suffix.size());
    }
  }
  return metric;
}

class Decoder {
 public:
  Decoder(std::string_view message, WriteBatch& batch, WriteRefusals& refusals)
      : message_(message), batch_(batch), refusals_(refusals), row_(batch, refusals) {}

  Result<void> run() {
    read_symbols();
    ProtoReader reader(message_);
    while (fault_.empty() && reader.next()) {
      if (reader.field() == 5) series(reader.bytes());
      fail(reader.fault());
    }
    fail(reader.fault());
    if (fault_.empty()) append_metadata();
    if (!fault_.empty()) return Error{ErrorKind::BadData, fault_};
    return {};
  }

 private:
  void fail(std::string_view fault) {
    if (fault_.empty()) fault_ = fault;
  }

  // Symbols may stand behind the series that use them.
  void read_symbols() {
    ProtoReader reader(message_);
    bool series = false;
    while (reader.next()) {
      series = series || reader.field() == 5;
      if (reader.field() != 4) continue;
      const std::string_view text = reader.bytes();
      if (symbols_.size() == kSymbolsMax) {
        return fail("more than " + std::to_string(kSymbolsMax) + " symbols in a write request");
      }
      const bool plain = text.size() <= kPackedTextMax && base::valid_utf8(text);
      symbols_.push_back({text, plain, text == model::kMetricName});
    }
    fail(reader.fault());
    const bool bad = symbols_.empty() ? series : !symbols_.front().text.empty();
    if (bad) fail("symbols table must start with an empty string");
  }

  void series(std::string_view message) {
    row_.begin();
    refs_.clear();
    std::string_view metadata;
    ProtoReader reader(message);
    while (reader.next()) {
      switch (reader.field()) {
        case 1:
          read_refs(reader, refs_);
          break;
        case 2:
          sample(reader.bytes(), reader);
          break;
        case 3:
          row_.add_histogram(reader.bytes(), reader);
          break;
        case 4:
          exemplar(reader.bytes(), reader);
          break;
        case 5:
          metadata = reader.bytes();
          break;
      }
    }
    fail(reader.fault());
    if (fault_.empty() && finish()) describe(metadata);
  }

  static void read_refs(ProtoReader& reader, std::vector<uint32_t>& refs) {
    reader.varints([&refs](uint64_t ref) {
      refs.push_back(static_cast<uint32_t>(std::min<uint64_t>(ref, kNoSymbol)));
    });
  }

  void sample(std::string_view message, ProtoReader& parent) {
    model::Sample sample;
    int64_t start_ms = 0;
    ProtoReader reader(message);
    while (reader.next()) {
      if (reader.field() == 1) sample.value = reader.float64();
      if (reader.field() == 2) sample.time_ms = static_cast<int64_t>(reader.varint());
      if (reader.field() == 3) start_ms = static_cast<int64_t>(reader.varint());
    }
    if (!reader.fault().empty()) return parent.fail(reader.fault());
    batch_.add(sample, start_ms);
  }

  void exemplar(std::string_view message, ProtoReader& parent) {
    exemplar_refs_.clear();
    row_.add_exemplar(
        message, parent, [this](ProtoReader& reader) { read_refs(reader, exemplar_refs_); },
        [this](std::string& packed) { return pack(exemplar_refs_, packed, false); });
  }

  // Appends packed labels, or says what is wrong with them.
  std::string pack(const std::vector<uint32_t>& refs, std::string& out, bool need_name) {
    if (refs.size() % 2 != 0) return "invalid labelRefs length " + std::to_string(refs.size());
    bool plain = true;  // sorted already, and each of them valid
    bool named = !need_name;
    size_t bytes = 0;
    std::string_view before;
    for (size_t i = 0; i < refs.size(); i += 2) {
      if (std::max(refs[i], refs[i + 1]) >= symbols_.size()) {
        return "labelRefs " + std::to_string(refs[i]) + " (name) = " + std::to_string(refs[i + 1]) +
               " (value) outside of symbols table (size " + std::to_string(symbols_.size()) + ")";
      }
      const Symbol& name = symbols_[refs[i]];
      const Symbol& value = symbols_[refs[i + 1]];
      bytes += name.text.size() + value.text.size();
      plain = plain && name.plain && value.plain && before < name.text;
      before = name.text;
      if (need_name && name.metric_name && !value.text.empty()) {
        named = true;
        metric_ = refs[i + 1];
      }
    }
    if (!take_bytes(bytes)) return fault_;
    if (plain && named) {
      for (size_t i = 0; i < refs.size(); i += 2) {
        const std::string_view value = symbols_[refs[i + 1]].text;
        if (!value.empty()) model::append_packed(out, symbols_[refs[i]].text, value);
      }
      return {};
    }
    labels_.clear();
    for (size_t i = 0; i < refs.size(); i += 2) {
      labels_.add(symbols_[refs[i]].text, symbols_[refs[i + 1]].text);
    }
    return labels_.pack(out, need_name);
  }

  // A symbol of a megabyte takes a byte wherever it is used; what it becomes is limited.
  bool take_bytes(size_t bytes) {
    if (bytes > bytes_left_) {
      fail("write request with more than " + std::to_string(base::kWriteBytesDecodedMax) +
           " bytes of labels and metadata");
      return false;
    }
    bytes_left_ -= bytes;
    return true;
  }

  // Whether the labels are those of a series.
  bool finish() {
    std::string fault = pack(refs_, batch_.label_bytes, true);
    batch_.end_row();
    if (!fault.empty()) {
      refusals_.samples.add(Reason::InvalidLabels, row_.points() + row_.invalid_histograms,
                            std::move(fault));
      row_.drop();
      return false;
    }
    if (row_.invalid_histograms > 0) {
      refusals_.samples.add(Reason::InvalidHistogram, row_.invalid_histograms,
                            row_.histogram_fault + " for series " + row_.series_text());
    } else if (row_.points() == 0) {
      refusals_.samples.add(Reason::Malformed, 0,
                            "TimeSeries must contain at least one sample or histogram for series " +
                                row_.series_text());
    }
    if (row_.points() == 0) row_.drop();
    return true;
  }

  void describe(std::string_view message) {
    Described described;
    described.metric = metric_;
    ProtoReader reader(message);
    while (reader.next()) {
      if (reader.field() == 1) described.type = reader.varint();
      if (reader.field() == 3) described.help = reader.varint();
      if (reader.field() == 4) described.unit = reader.varint();
    }
    fail(reader.fault());
    if (described.type == 0 && described.help == 0 && described.unit == 0) return;
    if (std::max(described.help, described.unit) >= symbols_.size()) {
      refusals_.samples.add(Reason::Malformed, 0,
                            "metadata of " + std::string(symbols_[metric_].text) +
                                " outside of symbols table (size " +
                                std::to_string(symbols_.size()) + ")");
      return;
    }
    Symbol& metric = symbols_[metric_];
    if (metric.described == 0) {
      described_.push_back(described);
      metric.described = static_cast<uint32_t>(described_.size());
    } else {
      described_[metric.described - 1] = described;
    }
  }

  void append_metadata() {
    for (const Described& described : described_) {
      const Symbol& help = symbols_[described.help];
      const Symbol& unit = symbols_[described.unit];
      const std::string_view metric = symbols_[described.metric].text;
      if (!help.plain || !unit.plain) continue;
      if (!take_bytes(help.text.size() + unit.text.size() + metric.size())) return;
      const size_t type = described.type < kMetricTypes.size() ? described.type : 0;
      model::MetadataEntry entry;
      entry.metric = family_of(metric, kMetricTypes[type]);
      entry.metadata.type = kMetricTypes[type];
      entry.metadata.help = help.text;
      entry.metadata.unit = unit.text;
      batch_.metadata.push_back(std::move(entry));
    }
  }

  std::string_view message_;
  WriteBatch& batch_;
  WriteRefusals& refusals_;
  std::string fault_;  // of the whole request
  std::vector<Symbol> symbols_;
  std::vector<Described> described_;
  size_t bytes_left_ = base::kWriteBytesDecodedMax;

  // Of the series at hand.
  SeriesRow row_;
  std::vector<uint32_t> refs_;
  std::vector<uint32_t> exemplar_refs_;
  uint32_t metric_ = 0;
  SeriesLabels labels_;
};

}  // namespace

Result<void> decode_write_v2(std::string_view message, WriteBatch& batch, WriteRefusals& refusals) {
  return Decoder(message, batch, refusals).run();
}

}  // namespace gnomon::wire
