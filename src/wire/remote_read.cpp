#include "src/wire/remote_read.h"

#include <snappy.h>

#include <bit>
#include <iterator>
#include <utility>

#include "src/base/limits.h"
#include "src/wire/protobuf.h"

namespace gnomon::wire {
namespace {

// ---- request

constexpr uint64_t kSamples = 0;  // ReadRequest.ResponseType; others are kinds of chunks

Result<model::Matcher> decode_matcher(std::string_view message) {
  // In the order of LabelMatcher.Type.
  constexpr model::MatchKind kKinds[] = {model::MatchKind::Equal, model::MatchKind::NotEqual,
                                         model::MatchKind::Regex, model::MatchKind::NotRegex};
  uint64_t type = 0;
  std::string_view name, value;
  ProtoReader reader(message);
  while (reader.next()) {
    if (reader.field() == 1) type = reader.varint();
    if (reader.field() == 2) name = reader.bytes();
    if (reader.field() == 3) value = reader.bytes();
  }
  if (!reader.fault().empty()) return Error{ErrorKind::BadData, std::string(reader.fault())};
  if (type >= std::size(kKinds)) {
    return Error{ErrorKind::BadData, "invalid matcher type " + std::to_string(type)};
  }
  return model::Matcher::create(kKinds[type], std::string(name), std::string(value));
}

Result<ReadQuery> decode_query(std::string_view message) {
  ReadQuery query;
  ProtoReader reader(message);
  while (reader.next()) {
    if (reader.field() == 1) query.min_time_ms = static_cast<int64_t>(reader.varint());
    if (reader.field() == 2) query.max_time_ms = static_cast<int64_t>(reader.varint());
    if (reader.field() != 3) continue;
    TRY(auto matcher, decode_matcher(reader.bytes()));
    query.matchers.push_back(std::move(matcher));
  }
  if (!reader.fault().empty()) return Error{ErrorKind::BadData, std::string(reader.fault())};
  return query;
}

Result<std::string> uncompressed(std::string_view body) {
  const Error corrupt{ErrorKind::BadData, "snappy: corrupt input"};
  size_t size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size)) return corrupt;
  if (size > base::kHttpFormBytesMax) {
    return Error{ErrorKind::BadData, "decompressed body exceeds the limit of " +
                                         std::to_string(base::kHttpFormBytesMax) + " bytes"};
  }
  std::string message;
  if (!snappy::Uncompress(body.data(), body.size(), &message)) return corrupt;
  return message;
}

// ---- response

enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

void append_varint(std::string& out, uint64_t v) {
  for (; v >= 0x80; v >>= 7) out += static_cast<char>(v | 0x80);
  out += static_cast<char>(v);
}

void append_fixed(std::string& out, double v) {
  const auto bits = std::bit_cast<uint64_t>(v);
  for (int i = 0; i < 64; i += 8) out += static_cast<char>(bits >> i);
}

void append_tag(std::string& out, uint32_t field, WireType type) {
  append_varint(out, field << 3 | type);
}

void append_bytes(std::string& out, uint32_t field, std::string_view bytes) {
  append_tag(out, field, kBytes);
  append_varint(out, bytes.size());
  out += bytes;
}

void append_number(std::string& out, uint32_t field, uint64_t v) {
  append_tag(out, field, kVarint);
  append_varint(out, v);
}

void append_double(std::string& out, uint32_t field, double v) {
  append_tag(out, field, kFixed64);
  append_fixed(out, v);
}

uint64_t zigzag(int64_t v) {
  return static_cast<uint64_t>(v) << 1 ^ static_cast<uint64_t>(v >> 63);
}

void append_doubles(std::string& out, uint32_t field, const std::vector<double>& values) {
  if (values.empty()) return;
  append_tag(out, field, kBytes);
  append_varint(out, values.size() * sizeof(double));
  for (const double v : values) append_fixed(out, v);
}

void append_spans(std::string& out, uint32_t field, const std::vector<model::BucketSpan>& spans) {
  for (const model::BucketSpan& span : spans) {
    std::string message;
    append_number(message, 1, zigzag(span.offset));
    append_number(message, 2, span.length);
    append_bytes(out, field, message);
  }
}

// Whole counts as differences to the one before; others, in the next field, as they are.
void append_counts(std::string& out, uint32_t field, bool whole,
                   const std::vector<double>& counts) {
  if (!whole || counts.empty()) return append_doubles(out, field + 1, counts);
  std::string deltas;
  int64_t before = 0;
  for (const double count : counts) {
    const auto now = static_cast<int64_t>(count);
    append_varint(deltas, zigzag(now - before));
    before = now;
  }
  append_bytes(out, field, deltas);
}

void append_count(std::string& out, uint32_t field, bool whole, double count) {
  if (whole) {
    append_number(out, field, static_cast<uint64_t>(count));
  } else {
    append_double(out, field + 1, count);
  }
}

// prometheus.Histogram in the form it was written in: Prometheus' own reader stumbles over float
// counts.
std::string histogram_message(int64_t time_ms, const model::Histogram& histogram) {
  const bool whole = histogram.integer;
  std::string out;
  append_count(out, 1, whole, histogram.count);
  append_double(out, 3, histogram.sum);
  append_number(out, 4, zigzag(histogram.schema));
  append_double(out, 5, histogram.zero_threshold);
  append_count(out, 6, whole, histogram.zero_count);
  append_spans(out, 8, histogram.negative_spans);
  append_counts(out, 9, whole, histogram.negative_buckets);
  append_spans(out, 11, histogram.positive_spans);
  append_counts(out, 12, whole, histogram.positive_buckets);
  append_number(out, 14, static_cast<uint64_t>(histogram.hint));
  append_number(out, 15, static_cast<uint64_t>(time_ms));
  append_doubles(out, 16, histogram.custom_values);
  return out;
}

}  // namespace

Result<std::vector<ReadQuery>> decode_read_request(std::string_view body) {
  TRY(const std::string message, uncompressed(body));
  std::vector<ReadQuery> queries;
  bool takes_samples = false, takes_others = false;
  ProtoReader reader(message);
  while (reader.next()) {
    if (reader.field() == 1) {
      TRY(auto query, decode_query(reader.bytes()));
      queries.push_back(std::move(query));
    } else if (reader.field() == 2) {
      reader.varints(
          [&](uint64_t type) { (type == kSamples ? takes_samples : takes_others) = true; });
    }
  }
  if (!reader.fault().empty()) return Error{ErrorKind::BadData, std::string(reader.fault())};
  if (takes_others && !takes_samples) {
    return Error{
        ErrorKind::BadData,
        "none of the accepted response types is supported by this server; only SAMPLES is"};
  }
  return queries;
}

void ReadResponse::add_series(const model::Labels& labels, const model::SampleBlock& block) {
  series_.clear();
  std::string message;
  for (const model::Label label : labels) {
    message.clear();
    append_bytes(message, 1, label.name);
    append_bytes(message, 2, label.value);
    append_bytes(series_, 1, message);
  }
  for (size_t i = 0; i < block.times.size(); ++i) {
    message.clear();
    append_double(message, 1, block.values[i]);
    append_number(message, 2, static_cast<uint64_t>(block.times[i]));
    append_bytes(series_, 2, message);
  }
  for (const model::HistogramSample& sample : block.histograms) {
    append_bytes(series_, 4, histogram_message(sample.time_ms, *sample.histogram));
  }
  append_bytes(query_, 1, series_);
}

void ReadResponse::end_query() {
  append_bytes(out_, 1, query_);
  query_.clear();
}

std::string ReadResponse::take() {
  std::string compressed;
  snappy::Compress(out_.data(), out_.size(), &compressed);
  out_.clear();
  return compressed;
}

}  // namespace gnomon::wire
