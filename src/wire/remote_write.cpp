#include "src/wire/remote_write.h"

#include <snappy.h>

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "src/base/limits.h"
#include "src/base/text.h"
#include "src/wire/protobuf.h"
#include "src/wire/series_labels.h"
#include "src/wire/series_row.h"
#include "src/wire/write_v2.h"

namespace gnomon::wire {
namespace {

using model::WriteBatch;
using Reason = model::RefusalReason;

constexpr size_t kSlack = 16;  // bytes behind the message that may be read, not used

Error bad_message(std::string_view what) { return {ErrorKind::BadData, std::string(what)}; }

// Copies 16 bytes at a time: writes up to 15 bytes behind the end, reads as many.
inline char* copy_with_slack(char* to, const char* from, size_t size) {
  char* const end = to + size;
  do {
    std::memcpy(to, from, 16);
    to += 16;
    from += 16;
  } while (to < end);
  return end;
}

// A label message in the form all senders write: name, then value, both shorter than 128 bytes.
struct PlainLabel {
  const char* name = nullptr;
  size_t name_size = 0;
  const char* value = nullptr;
  size_t value_size = 0;
};

inline bool read_plain(const char* at, size_t size, PlainLabel& label) {
  if (size < 4 || at[0] != 0x0a) return false;
  label.name_size = static_cast<unsigned char>(at[1]);
  if (label.name_size >= 0x80 || label.name_size + 4 > size) return false;
  label.name = at + 2;
  at = label.name + label.name_size;
  label.value_size = static_cast<unsigned char>(at[1]);
  if (at[0] != 0x12 || label.value_size + label.name_size + 4 != size) return false;
  label.value = at + 2;
  return label.value_size < 0x80;
}

// 1: a < b; names differ early or late, most often in the first byte.
inline bool name_before(const PlainLabel& a, const PlainLabel& b) {
  if (a.name[0] != b.name[0]) {
    return static_cast<unsigned char>(a.name[0]) < static_cast<unsigned char>(b.name[0]);
  }
  return std::string_view(a.name, a.name_size) < std::string_view(b.name, b.name_size);
}

model::Label read_label(std::string_view message, ProtoReader& parent) {
  ProtoReader reader(message);
  model::Label label;
  while (reader.next()) {
    if (reader.field() == 1) label.name = reader.bytes();
    if (reader.field() == 2) label.value = reader.bytes();
  }
  if (!reader.fault().empty()) parent.fail(reader.fault());
  return label;
}

class MessageDecoder {
 public:
  MessageDecoder(std::string_view message, WriteBatch& batch, WriteRefusals& refusals)
      : message_(message), batch_(batch), refusals_(refusals), row_(batch, refusals) {}

  Result<void> run() {
    ProtoReader reader(message_);
    while (reader.next()) {
      if (reader.field() == 1 && !series(reader.bytes())) return bad_message(fault_);
      if (reader.field() == 3 && !metadata(reader.bytes())) return bad_message(fault_);
    }
    if (!reader.fault().empty()) return bad_message(reader.fault());
    return {};
  }

 private:
  // The packed labels of a row while they arrive in order and in plain form, which is nearly
  // always.
  static constexpr size_t kFastBytes = 2'048;

  bool series(std::string_view message) {
    row_.begin();
    const char* rest = plain_labels(message);
    const bool plain = rest != nullptr;
    if (!plain) rest = message.data();
    labels_.clear();
    ProtoReader reader({rest, static_cast<size_t>(message.data() + message.size() - rest)});
    if (!fields(reader, plain)) return false;
    if (late_labels_ && plain) {
      // Labels behind the samples: all of them once more, in the general way.
      row_.drop();
      row_.begin();
      labels_.clear();
      reader = ProtoReader(message);
      if (!fields(reader, false)) return false;
    }
    finish(plain && !late_labels_);
    return true;
  }

  // Packs the labels at the begin of a series into packed_; returns what follows them. nullptr when
  // anything is unusual: then they go the general way.
  const char* plain_labels(std::string_view message) {
    const char* at = message.data();
    const char* const end = at + message.size();
    char* out = packed_.data();
    char* const out_max = out + kFastBytes - 2 * (0x80 + kSlack);
    PlainLabel before;
    PlainLabel label;
    bool named = false;
    while (end - at >= 2 && at[0] == 0x0a) {
      const size_t size = static_cast<unsigned char>(at[1]);
      if (size >= 0x80 || size > static_cast<size_t>(end - at) - 2) return nullptr;
      if (!read_plain(at + 2, size, label) || out > out_max) return nullptr;
      if (label.name_size == 0 || label.value_size == 0) return nullptr;
      if (before.name != nullptr && !name_before(before, label)) return nullptr;
      named = named || (label.name_size == model::kMetricName.size() &&
                        std::memcmp(label.name, model::kMetricName.data(), label.name_size) == 0);
      *out++ = static_cast<char>(label.name_size);
      out = copy_with_slack(out, label.name, label.name_size);
      *out++ = static_cast<char>(label.value_size);
      out = copy_with_slack(out, label.value, label.value_size);
      before = label;
      at += 2 + size;
    }
    packed_size_ = static_cast<size_t>(out - packed_.data());
    // Lengths are below 128 here: bytes that are not ASCII are bytes of the texts.
    return named && ascii() ? at : nullptr;
  }

  bool ascii() {
    std::memset(packed_.data() + packed_size_, 0, 8);
    uint64_t all = 0;
    for (size_t i = 0; i < packed_size_; i += 8) {
      uint64_t word;
      std::memcpy(&word, packed_.data() + i, 8);
      all |= word;
    }
    return (all & 0x8080808080808080ull) == 0;
  }

  bool fields(ProtoReader& reader, bool plain) {
    late_labels_ = false;
    while (reader.next()) {
      switch (reader.field()) {
        case 1:
          late_labels_ = true;
          if (!plain) {
            const model::Label label = read_label(reader.bytes(), reader);
            labels_.add(label.name, label.value);
          }
          break;
        case 2:
          sample(reader.bytes(), reader);
          break;
        case 3:
          exemplar(reader.bytes(), reader);
          break;
        case 4:
          row_.add_histogram(reader.bytes(), reader);
          break;
      }
    }
    fault_ = reader.fault();
    return fault_.empty();
  }

  void sample(std::string_view message, ProtoReader& parent) {
    model::Sample sample;
    const char* at = message.data();
    const char* const end = at + message.size();
    if (message.size() > 10 && at[0] == 0x09 && at[9] == 0x10) {
      std::memcpy(&sample.value, at + 1, sizeof(double));
      at += 10;
      uint64_t time = 0;
      if (ProtoReader::read_varint(at, end, time) && at == end) {
        sample.time_ms = static_cast<int64_t>(time);
        batch_.add(sample);
        return;
      }
    }
    ProtoReader reader(message);
    while (reader.next()) {
      if (reader.field() == 1) sample.value = reader.float64();
      if (reader.field() == 2) sample.time_ms = static_cast<int64_t>(reader.varint());
    }
    if (!reader.fault().empty()) parent.fail(reader.fault());
    batch_.add(sample);
  }

  void exemplar(std::string_view message, ProtoReader& parent) {
    SeriesLabels labels;
    row_.add_exemplar(
        message, parent,
        [&labels](ProtoReader& reader) {
          const model::Label label = read_label(reader.bytes(), reader);
          labels.add(label.name, label.value);
        },
        [&labels](std::string& packed) { return labels.pack(packed, false); });
  }

  void finish(bool plain) {
    std::string fault;
    if (plain) {
      batch_.label_bytes.append(packed_.data(), packed_size_);
    } else {
      fault = labels_.pack(batch_.label_bytes, true);
    }
    batch_.end_row();
    if (!fault.empty()) {
      refusals_.series.add(Reason::InvalidLabels, 1, std::move(fault));
      return row_.drop();
    }
    if (row_.invalid_histograms > 0) {
      refusals_.samples.add(Reason::InvalidHistogram, row_.invalid_histograms,
                            row_.histogram_fault + " (series " + row_.series_text() + ")");
    }
    if (row_.points() == 0 && row_.row().exemplars() == 0) row_.drop();
  }

  bool metadata(std::string_view message) {
    ProtoReader reader(message);
    model::MetadataEntry entry;
    entry.metadata.type = kMetricTypes[0];
    while (reader.next()) {
      if (reader.field() == 1) {
        const uint64_t type = reader.varint();
        if (type < kMetricTypes.size()) entry.metadata.type = kMetricTypes[type];
      }
      if (reader.field() == 2) entry.metric = reader.bytes();
      if (reader.field() == 4) entry.metadata.help = reader.bytes();
      if (reader.field() == 5) entry.metadata.unit = reader.bytes();
    }
    fault_ = reader.fault();
    const bool valid = model::valid_label_name(entry.metric) &&
                       base::valid_utf8(entry.metadata.help) &&
                       base::valid_utf8(entry.metadata.unit);
    if (fault_.empty() && valid) batch_.metadata.push_back(std::move(entry));
    return fault_.empty();
  }

  std::string_view message_;
  WriteBatch& batch_;
  WriteRefusals& refusals_;
  std::string_view fault_;

  // Of the series at hand.
  SeriesRow row_;
  std::array<char, kFastBytes> packed_;
  size_t packed_size_ = 0;
  SeriesLabels labels_;
  bool late_labels_ = false;
};

std::string too_large(size_t size) {
  return "write request of " + std::to_string(size) + " bytes exceeds the limit of " +
         std::to_string(base::kWriteBytesDecodedMax) + " bytes after decompression";
}

}  // namespace

void RemoteWriteDecoder::reserve(size_t size) {
  if (size + kSlack <= capacity_) return;
  capacity_ = size + size / 4 + kSlack;
  buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
}

Result<void> RemoteWriteDecoder::decode(std::string_view body, WriteBatch& batch,
                                        WriteRefusals& refusals, WriteMessage kind) {
  batch.clear();
  size_t size = 0;
  const Error corrupt{ErrorKind::BadData, "snappy: corrupt input"};
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size)) return corrupt;
  if (size > base::kWriteBytesDecodedMax) return Error{ErrorKind::BadData, too_large(size)};
  // A claim of a huge size must be backed by a body that can hold it before memory is taken for it.
  constexpr size_t kRatioMax = 64;  // of snappy's longest copies
  if (size / kRatioMax > body.size()) return corrupt;
  reserve(size);
  if (!snappy::RawUncompress(body.data(), body.size(), buffer_.get())) return corrupt;
  return decode_buffer(size, batch, refusals, kind);
}

Result<void> RemoteWriteDecoder::decode_message(std::string_view message, WriteBatch& batch,
                                                WriteRefusals& refusals, WriteMessage kind) {
  batch.clear();
  if (message.size() > base::kWriteBytesDecodedMax) {
    return Error{ErrorKind::BadData, too_large(message.size())};
  }
  reserve(message.size());
  if (!message.empty()) std::memcpy(buffer_.get(), message.data(), message.size());
  return decode_buffer(message.size(), batch, refusals, kind);
}

Result<void> RemoteWriteDecoder::decode_buffer(size_t size, WriteBatch& batch,
                                               WriteRefusals& refusals, WriteMessage kind) {
  std::memset(buffer_.get() + size, 0, kSlack);
  WriteRefusals found = refusals;
  const std::string_view message(buffer_.get(), size);
  auto decoded = kind == WriteMessage::V1 ? MessageDecoder(message, batch, found).run()
                                          : decode_write_v2(message, batch, found);
  if (decoded.ok()) {
    refusals = std::move(found);
  } else {
    batch.clear();
  }
  // One huge request must not hold its memory for ever.
  if (capacity_ > base::kWriteBufferKeptBytesMax) {
    buffer_.reset();
    capacity_ = 0;
  }
  return decoded;
}

}  // namespace gnomon::wire
