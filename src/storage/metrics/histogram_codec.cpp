#include "src/storage/metrics/histogram_codec.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "src/base/limits.h"
#include "src/storage/integer_codec.h"

// A group:
//
//   varint  how many histograms
//   signed  schema;  8 bytes  zero threshold;  byte  integer;  varint custom bounds, [values]
//   varint  how many layouts; each: positive spans, negative spans: varint count, and for each span
//           signed offset, varint length
//   [more than one layout: which layout each histogram has, integers]
//   reset hints, integers
//   values  of count, zero count, sum, then of each bucket that a layout has: positive, negative,
//   in
//           order of their index; 0 where a histogram has no such bucket
namespace gnomon::storage {
namespace {

using model::BucketSpan;
using model::Histogram;
using model::HistogramPtr;
using model::HistogramSample;

constexpr uint8_t kColumns = 1;
constexpr uint8_t kOneByOne = 0;
// What a histogram counts against base::kChunkBucketsMax besides its buckets: about its own size.
constexpr size_t kFixedColumns = 24;

struct Layout {
  std::vector<BucketSpan> positive;
  std::vector<BucketSpan> negative;
  friend bool operator==(const Layout&, const Layout&) = default;
};

// The indexes of the buckets that spans describe, ascending. Nothing when they do not ascend, leave
// int32 or are more than `most`.
std::optional<std::vector<int32_t>> bucket_indexes(const std::vector<BucketSpan>& spans,
                                                   size_t most) {
  std::vector<int32_t> indexes;
  int64_t at = 0;
  bool first = true;
  for (const BucketSpan& span : spans) {
    if (!first && span.offset < 0) return std::nullopt;
    first = false;
    at += span.offset;
    if (span.length > most - indexes.size()) return std::nullopt;
    if (at + span.length > std::numeric_limits<int32_t>::max()) return std::nullopt;
    for (uint32_t i = 0; i < span.length; ++i) indexes.push_back(static_cast<int32_t>(at++));
  }
  return indexes;
}

// The buckets of one sign over all layouts of a group, and where each layout's buckets stand.
struct BucketColumns {
  std::vector<int32_t> indexes;               // ascending
  std::vector<std::vector<uint32_t>> places;  // for each layout: column of each of its buckets
};

using Spans = std::vector<BucketSpan> Layout::*;

std::optional<BucketColumns> join(const std::vector<Layout>& layouts, Spans spans, size_t most) {
  std::vector<std::vector<int32_t>> each;
  BucketColumns out;
  for (const Layout& layout : layouts) {
    auto indexes = bucket_indexes(layout.*spans, most);
    if (!indexes) return std::nullopt;
    out.indexes.insert(out.indexes.end(), indexes->begin(), indexes->end());
    each.push_back(std::move(*indexes));
  }
  std::sort(out.indexes.begin(), out.indexes.end());
  out.indexes.erase(std::unique(out.indexes.begin(), out.indexes.end()), out.indexes.end());
  for (const std::vector<int32_t>& indexes : each) {
    std::vector<uint32_t>& places = out.places.emplace_back();
    for (const int32_t index : indexes) {
      const auto at = std::lower_bound(out.indexes.begin(), out.indexes.end(), index);
      places.push_back(static_cast<uint32_t>(at - out.indexes.begin()));
    }
  }
  return out;
}

uint64_t bits(double v) { return std::bit_cast<uint64_t>(v); }

bool same_table(const Histogram& a, const Histogram& b) {
  const auto same = [](double x, double y) { return bits(x) == bits(y); };
  return a.schema == b.schema && a.integer == b.integer &&
         same(a.zero_threshold, b.zero_threshold) &&
         std::equal(a.custom_values.begin(), a.custom_values.end(), b.custom_values.begin(),
                    b.custom_values.end(), same);
}

void put_spans(const std::vector<BucketSpan>& spans, std::string& out) {
  put_varint(out, spans.size());
  for (const BucketSpan& span : spans) {
    put_signed(out, span.offset);
    put_varint(out, span.length);
  }
}

bool read_spans(ByteReader& reader, std::vector<BucketSpan>& spans) {
  const uint64_t count = reader.varint();
  if (count > reader.left() / 2) reader.fail();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    const int64_t offset = reader.signed_varint();
    const uint64_t length = reader.varint();
    const bool fits =
        offset == static_cast<int32_t>(offset) && length <= std::numeric_limits<uint32_t>::max();
    if (!fits) reader.fail();
    spans.push_back({static_cast<int32_t>(offset), static_cast<uint32_t>(length)});
  }
  return reader.ok();
}

// A group being written.
class GroupWriter {
 public:
  explicit GroupWriter(std::span<const HistogramSample> samples) : samples_(samples) {}

  // False when the group does not fit a table of at most `buckets_left` counts, which it reduces.
  bool prepare(size_t& buckets_left) {
    for (const HistogramSample& sample : samples_) {
      const Histogram& h = *sample.histogram;
      Layout layout{h.positive_spans, h.negative_spans};
      // Layouts change seldom, and mostly to a new one.
      auto at = std::find(layouts_.rbegin(), layouts_.rend(), layout);
      if (at == layouts_.rend()) {
        layouts_.push_back(std::move(layout));
        at = layouts_.rbegin();
      }
      layout_of_.push_back(layouts_.rend() - at - 1);
    }
    auto positive = join(layouts_, &Layout::positive, buckets_left);
    auto negative = join(layouts_, &Layout::negative, buckets_left);
    if (!positive || !negative) return false;
    const size_t columns = kFixedColumns + positive->indexes.size() + negative->indexes.size();
    if (columns > buckets_left / samples_.size()) return false;
    buckets_left -= columns * samples_.size();
    positive_ = std::move(*positive);
    negative_ = std::move(*negative);
    for (size_t i = 0; i < samples_.size(); ++i) {
      const Histogram& h = *samples_[i].histogram;
      const size_t layout = static_cast<size_t>(layout_of_[i]);
      if (h.positive_buckets.size() != positive_.places[layout].size()) return false;
      if (h.negative_buckets.size() != negative_.places[layout].size()) return false;
    }
    return true;
  }

  void write(ValueForms forms, std::string& out) const {
    const Histogram& first = *samples_[0].histogram;
    put_varint(out, samples_.size());
    put_signed(out, first.schema);
    put_fixed(out, bits(first.zero_threshold));
    put_byte(out, first.integer ? 1 : 0);
    put_varint(out, first.custom_values.size());
    if (!first.custom_values.empty()) encode_values(first.custom_values, forms, out);
    put_varint(out, layouts_.size());
    for (const Layout& layout : layouts_) {
      put_spans(layout.positive, out);
      put_spans(layout.negative, out);
    }
    if (layouts_.size() > 1) encode_integers(layout_of_, out);
    std::vector<int64_t> hints;
    for (const HistogramSample& sample : samples_) {
      hints.push_back(static_cast<int64_t>(sample.histogram->hint));
    }
    encode_integers(hints, out);
    write_field(&Histogram::count, forms, out);
    write_field(&Histogram::zero_count, forms, out);
    write_field(&Histogram::sum, forms, out);
    write_buckets(positive_, &Histogram::positive_buckets, forms, out);
    write_buckets(negative_, &Histogram::negative_buckets, forms, out);
  }

 private:
  void write_field(double Histogram::*field, ValueForms forms, std::string& out) const {
    std::vector<double> column;
    for (const HistogramSample& sample : samples_) column.push_back((*sample.histogram).*field);
    encode_values(column, forms, out);
  }

  void write_buckets(const BucketColumns& columns, std::vector<double> Histogram::*buckets,
                     ValueForms forms, std::string& out) const {
    const size_t rows = samples_.size();
    std::vector<double> table(columns.indexes.size() * rows);
    for (size_t row = 0; row < rows; ++row) {
      const std::vector<double>& counts = (*samples_[row].histogram).*buckets;
      const auto& places = columns.places[static_cast<size_t>(layout_of_[row])];
      for (size_t i = 0; i < counts.size(); ++i) table[places[i] * rows + row] = counts[i];
    }
    for (size_t column = 0; column < columns.indexes.size(); ++column) {
      encode_values(std::span(table).subspan(column * rows, rows), forms, out);
    }
  }

  std::span<const HistogramSample> samples_;
  std::vector<Layout> layouts_;
  std::vector<int64_t> layout_of_;
  BucketColumns positive_;
  BucketColumns negative_;
};

bool encode_columns(std::span<const HistogramSample> samples, ValueForms forms, std::string& out) {
  put_byte(out, kColumns);
  size_t buckets_left = base::kChunkBucketsMax;
  for (size_t begin = 0; begin < samples.size();) {
    size_t end = begin + 1;
    const Histogram& first = *samples[begin].histogram;
    while (end < samples.size() && same_table(first, *samples[end].histogram)) ++end;
    GroupWriter group(samples.subspan(begin, end - begin));
    if (!group.prepare(buckets_left)) return false;
    group.write(forms, out);
    begin = end;
  }
  return true;
}

void put_doubles(const std::vector<double>& values, std::string& out) {
  put_varint(out, values.size());
  for (const double value : values) put_fixed(out, bits(value));
}

void encode_one(const Histogram& h, std::string& out) {
  put_byte(out, static_cast<uint8_t>(static_cast<uint8_t>(h.hint) << 1 | (h.integer ? 1 : 0)));
  put_signed(out, h.schema);
  for (const double v : {h.zero_threshold, h.zero_count, h.count, h.sum}) put_fixed(out, bits(v));
  put_spans(h.positive_spans, out);
  put_spans(h.negative_spans, out);
  put_doubles(h.positive_buckets, out);
  put_doubles(h.negative_buckets, out);
  put_doubles(h.custom_values, out);
}

void encode_starts(std::span<const HistogramSample> samples, std::string& out) {
  const bool any = std::any_of(samples.begin(), samples.end(),
                               [](const HistogramSample& sample) { return sample.start_ms != 0; });
  put_byte(out, any ? 1 : 0);
  if (!any) return;
  std::vector<int64_t> starts;
  for (const HistogramSample& sample : samples) starts.push_back(sample.start_ms);
  encode_integers(starts, out);
}

void read_integers(ByteReader& reader, size_t count, std::vector<int64_t>& out) {
  out.clear();
  IntegerDecoder decoder(reader, count);
  int64_t numbers[kPackedMax];
  while (const size_t n = decoder.next(numbers)) out.insert(out.end(), numbers, numbers + n);
}

// A group being read.
class GroupReader {
 public:
  // Reads one group into the front of `samples`, of which [begin, end) are wanted; how many, 0 for
  // damaged bytes.
  size_t read(ByteReader& reader, std::span<HistogramSample> samples, size_t begin, size_t end,
              size_t& buckets_left) {
    rows_ = reader.varint();
    if (rows_ == 0 || rows_ > samples.size()) return 0;
    begin_ = std::min(begin, rows_);
    end_ = std::min(end, rows_);
    if (!read_table(reader, buckets_left) || !read_layouts(reader, buckets_left)) return 0;
    histograms_.resize(rows_);
    for (size_t row = begin_; row < end_; ++row) histograms_[row] = start_row(row);
    const bool filled = read_field(reader, &Histogram::count) &&
                        read_field(reader, &Histogram::zero_count) &&
                        read_field(reader, &Histogram::sum) &&
                        read_buckets(reader, positive_, &Histogram::positive_buckets) &&
                        read_buckets(reader, negative_, &Histogram::negative_buckets);
    if (!filled) return 0;
    for (size_t row = begin_; row < end_; ++row) {
      samples[row].histogram = std::move(histograms_[row]);
    }
    return rows_;
  }

 private:
  bool read_table(ByteReader& reader, size_t& buckets_left) {
    const int64_t schema = reader.signed_varint();
    table_.schema = static_cast<int32_t>(schema);
    table_.zero_threshold = reader.fixed<double>();
    table_.integer = reader.byte() != 0;
    const uint64_t bounds = reader.varint();
    if (!reader.ok() || schema != table_.schema || bounds > buckets_left / rows_) return false;
    // Every histogram of the group has its own copy of the bounds.
    buckets_left -= bounds * rows_;
    table_.custom_values.resize(bounds);
    if (bounds == 0) return true;
    return decode_values(reader, bounds, bounds, table_.custom_values.data());
  }

  bool read_layouts(ByteReader& reader, size_t& buckets_left) {
    const uint64_t count = reader.varint();
    if (count == 0 || count > reader.left()) return false;
    for (uint64_t i = 0; i < count; ++i) {
      Layout& layout = layouts_.emplace_back();
      if (!read_spans(reader, layout.positive) || !read_spans(reader, layout.negative))
        return false;
    }
    if (!join_layouts(buckets_left)) return false;
    layout_of_.assign(rows_, 0);
    if (count > 1) read_integers(reader, rows_, layout_of_);
    read_integers(reader, rows_, hints_);
    for (size_t row = 0; row < rows_; ++row) {
      if (static_cast<uint64_t>(layout_of_[row]) >= count) return false;
      if (static_cast<uint64_t>(hints_[row]) > 3) return false;
    }
    return reader.ok();
  }

  bool join_layouts(size_t& buckets_left) {
    size_t spans = 0;
    for (const Layout& layout : layouts_) {
      spans = std::max(spans, layout.positive.size() + layout.negative.size());
    }
    if (spans > buckets_left / rows_) return false;
    size_t joined = 0;
    for (const Spans side : {&Layout::positive, &Layout::negative}) {
      for (const Layout& layout : layouts_) {
        for (const BucketSpan& span : layout.*side) joined += span.length;
      }
    }
    if (joined > base::kChunkBucketsMax) return false;
    auto positive = join(layouts_, &Layout::positive, buckets_left);
    auto negative = join(layouts_, &Layout::negative, buckets_left);
    if (!positive || !negative) return false;
    positive_ = std::move(*positive);
    negative_ = std::move(*negative);
    const size_t columns = kFixedColumns + positive_.indexes.size() + negative_.indexes.size();
    if (columns > buckets_left / rows_) return false;
    buckets_left -= columns * rows_;
    return true;
  }

  std::shared_ptr<Histogram> start_row(size_t row) const {
    auto h = std::make_shared<Histogram>(table_);
    const size_t layout = static_cast<size_t>(layout_of_[row]);
    h->hint = static_cast<model::CounterResetHint>(hints_[row]);
    h->positive_spans = layouts_[layout].positive;
    h->negative_spans = layouts_[layout].negative;
    h->positive_buckets.resize(positive_.places[layout].size());
    h->negative_buckets.resize(negative_.places[layout].size());
    return h;
  }

  bool read_field(ByteReader& reader, double Histogram::*field) {
    column_.resize(rows_);
    if (!decode_values(reader, rows_, rows_, column_.data())) return false;
    for (size_t row = begin_; row < end_; ++row) (*histograms_[row]).*field = column_[row];
    return true;
  }

  bool read_buckets(ByteReader& reader, const BucketColumns& columns,
                    std::vector<double> Histogram::*buckets) {
    const auto table = std::make_unique_for_overwrite<double[]>(columns.indexes.size() * rows_);
    for (size_t column = 0; column < columns.indexes.size(); ++column) {
      if (!decode_values(reader, rows_, rows_, table.get() + column * rows_)) return false;
    }
    for (size_t row = begin_; row < end_; ++row) {
      std::vector<double>& counts = (*histograms_[row]).*buckets;
      const auto& places = columns.places[static_cast<size_t>(layout_of_[row])];
      for (size_t i = 0; i < counts.size(); ++i) counts[i] = table[places[i] * rows_ + row];
    }
    return true;
  }

  size_t rows_ = 0;
  size_t begin_ = 0, end_ = 0;  // the rows that are wanted
  Histogram table_;
  std::vector<Layout> layouts_;
  std::vector<int64_t> layout_of_;
  std::vector<int64_t> hints_;
  BucketColumns positive_;
  BucketColumns negative_;
  std::vector<std::shared_ptr<Histogram>> histograms_;
  std::vector<double> column_;
};

bool read_doubles(ByteReader& reader, std::vector<double>& out) {
  const uint64_t count = reader.varint();
  if (count > reader.left() / sizeof(double)) return false;
  for (uint64_t i = 0; i < count; ++i) out.push_back(reader.fixed<double>());
  return reader.ok();
}

HistogramPtr read_one(ByteReader& reader) {
  auto h = std::make_shared<Histogram>();
  const uint8_t head = reader.byte();
  const int64_t schema = reader.signed_varint();
  h->schema = static_cast<int32_t>(schema);
  if (head > 7 || schema != h->schema) return nullptr;
  h->integer = (head & 1) != 0;
  h->hint = static_cast<model::CounterResetHint>(head >> 1);
  for (double* v : {&h->zero_threshold, &h->zero_count, &h->count, &h->sum}) {
    *v = reader.fixed<double>();
  }
  const bool filled =
      read_spans(reader, h->positive_spans) && read_spans(reader, h->negative_spans) &&
      read_doubles(reader, h->positive_buckets) && read_doubles(reader, h->negative_buckets) &&
      read_doubles(reader, h->custom_values);
  return filled ? h : nullptr;
}

}  // namespace

void encode_histograms(std::span<const HistogramSample> samples, ValueForms forms,
                       std::string& out) {
  encode_starts(samples, out);
  const size_t begin = out.size();
  if (forms == ValueForms::All && encode_columns(samples, forms, out)) return;
  out.resize(begin);
  put_byte(out, kOneByOne);
  for (const HistogramSample& sample : samples) encode_one(*sample.histogram, out);
}

bool decode_histograms(ByteReader& reader, std::span<HistogramSample> samples, size_t begin,
                       size_t end) {
  if (reader.byte() != 0) {
    std::vector<int64_t> starts;
    read_integers(reader, samples.size(), starts);
    for (size_t i = 0; i < samples.size(); ++i) samples[i].start_ms = starts[i];
  }
  assert(begin <= end && end <= samples.size());
  const uint8_t form = reader.byte();
  if (!reader.ok() || form > kColumns) return false;
  if (form == kOneByOne) {
    for (size_t i = 0; i < end; ++i) {
      samples[i].histogram = read_one(reader);
      if (samples[i].histogram == nullptr) return false;
    }
    return true;
  }
  size_t buckets_left = base::kChunkBucketsMax;
  while (end > 0) {
    const size_t read = GroupReader().read(reader, samples, begin, end, buckets_left);
    if (read == 0) return false;
    samples = samples.subspan(read);
    begin -= std::min(begin, read);
    end -= std::min(end, read);
  }
  return true;
}

}  // namespace gnomon::storage
