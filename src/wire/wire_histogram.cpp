#include "src/wire/wire_histogram.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "src/base/text.h"
#include "src/wire/protobuf.h"

namespace gnomon::wire {
namespace {

using model::BucketSpan;
using model::Histogram;

constexpr int32_t kSchemaMin = -4;
constexpr int32_t kSchemaMax = 8;
constexpr int32_t kSchemaReducibleMax = 52;  // finer ones are accepted and made coarser

constexpr std::string_view kNegativeBucket =
    ": histogram has a bucket whose observation count is negative";
constexpr std::string_view kNegativeOffset = ": histogram has a span whose offset is negative";

using Fault = std::optional<std::string>;

std::string text(double v) { return base::format_float_g(v); }
std::string text(int64_t v) { return std::to_string(v); }

std::string fixed(double v) {  // %f
  if (std::isinf(v)) return base::format_float(v);
  char buffer[400];
  const int size = std::snprintf(buffer, sizeof(buffer), "%f", v);
  return {buffer, static_cast<size_t>(size)};
}

Fault check_span_lengths(const std::vector<BucketSpan>& spans, size_t buckets) {
  uint64_t needed = 0;
  for (const BucketSpan& span : spans) needed += span.length;
  if (needed == buckets) return std::nullopt;
  return "spans need " + std::to_string(needed) + " buckets, have " + std::to_string(buckets) +
         " buckets: histogram spans specify different number of buckets than provided";
}

Fault check_offsets(const std::vector<BucketSpan>& spans, size_t first) {
  for (size_t i = first; i < spans.size(); ++i) {
    if (spans[i].offset < 0) {
      return "span number " + std::to_string(i + 1) + " with offset " +
             std::to_string(spans[i].offset) + std::string(kNegativeOffset);
    }
  }
  return std::nullopt;
}

Fault check_spans(const std::vector<BucketSpan>& spans, size_t buckets) {
  if (Fault fault = check_offsets(spans, 1)) return fault;
  return check_span_lengths(spans, buckets);
}

Fault check_bounds(const Histogram& h, size_t buckets) {
  const std::vector<double>& bounds = h.custom_values;
  for (size_t i = 0; i < bounds.size(); ++i) {
    if (std::isnan(bounds[i])) return "histogram custom bounds must not be NaN";
    if (i > 0 && bounds[i] <= bounds[i - 1]) {
      return "previous bound is " + fixed(bounds[i - 1]) + " and current is " + fixed(bounds[i]) +
             ": histogram custom bounds must be in strictly increasing order";
    }
  }
  if (!bounds.empty() && std::isinf(bounds.back()) && bounds.back() > 0) {
    return "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite";
  }
  if (Fault fault = check_offsets(h.positive_spans, 0)) return fault;
  if (Fault fault = check_span_lengths(h.positive_spans, buckets)) return fault;
  uint64_t length = 0;
  for (const BucketSpan& span : h.positive_spans) {
    length += uint64_t{span.length} + static_cast<uint64_t>(span.offset);
  }
  if (length <= bounds.size() + 1) return std::nullopt;
  return "only " + std::to_string(bounds.size()) +
         " custom bounds defined which is insufficient to cover total span length of " +
         std::to_string(length) + ": histogram custom bounds are too few";
}

template <typename Count>
Fault check_counts(const std::vector<Count>& counts) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0) {
      return "bucket number " + std::to_string(i + 1) + " has observation count of " +
             text(counts[i]) + std::string(kNegativeBucket);
    }
  }
  return std::nullopt;
}

Fault on(std::string_view where, Fault fault) {
  if (fault) fault->insert(0, where);
  return fault;
}

// The order of the checks is Prometheus': the first fault is the one that is told.
template <typename Count>
Fault check_layout(const Histogram& h, const std::vector<Count>& positive,
                   const std::vector<Count>& negative, double zero_count) {
  if (h.custom()) {
    if (Fault fault = check_bounds(h, positive.size())) return on("custom buckets: ", fault);
    if (zero_count != 0) return "custom buckets: must have zero count of 0";
    if (h.zero_threshold != 0) return "custom buckets: must have zero threshold of 0";
    if (!h.negative_spans.empty()) return "custom buckets: must not have negative spans";
    if (!negative.empty()) return "custom buckets: must not have negative buckets";
    return std::nullopt;
  }
  if (h.schema < kSchemaMin || h.schema > kSchemaReducibleMax) {
    return "histogram has an invalid schema, which must be between -4 and 8 for exponential "
           "buckets, or -53 for custom buckets, got schema " +
           std::to_string(h.schema);
  }
  if (Fault fault = check_spans(h.positive_spans, positive.size())) {
    return on("positive side: ", fault);
  }
  if (Fault fault = check_spans(h.negative_spans, negative.size())) {
    return on("negative side: ", fault);
  }
  if (Fault fault = check_counts(negative)) return on("negative side: ", fault);
  if (std::is_same_v<Count, double> && zero_count < 0) {
    return "zero bucket has observation count of " + text(zero_count) +
           std::string(kNegativeBucket);
  }
  if (!h.custom_values.empty()) {
    return "histogram with exponential schema must not have custom bounds";
  }
  return std::nullopt;
}

Fault check_int(const WireHistogram& wire, const std::vector<int64_t>& positive,
                const std::vector<int64_t>& negative) {
  const auto zero_count = static_cast<double>(wire.zero_count_int);
  if (Fault fault = check_layout(wire.rest, positive, negative, zero_count)) return fault;
  if (Fault fault = check_counts(positive)) return on("positive side: ", fault);
  uint64_t sum = wire.zero_count_int;
  for (int64_t count : positive) sum += static_cast<uint64_t>(count);
  for (int64_t count : negative) sum += static_cast<uint64_t>(count);
  // Observed NaNs are in the count and in no bucket.
  const bool nan = std::isnan(wire.rest.sum);
  if (nan ? sum <= wire.count_int : sum == wire.count_int) return std::nullopt;
  const std::string_view rule =
      nan ? "should be at least the number of observations found in the buckets"
          : "should equal the number of observations found in the buckets (in absence of NaN)";
  return std::to_string(sum) + " observations found in buckets, but the Count field is " +
         std::to_string(wire.count_int) + ": histogram's observation count " + std::string(rule);
}

Fault check_float(const WireHistogram& wire) {
  if (Fault fault = check_layout(wire.rest, wire.positive_counts, wire.negative_counts,
                                 wire.zero_count_float)) {
    return fault;
  }
  if (wire.count_float < 0) {
    return "observation count is  " + text(wire.count_float) +
           ": histogram's observation count is negative";
  }
  return on("positive side: ", check_counts(wire.positive_counts));
}

std::vector<int64_t> accumulate(const std::vector<int64_t>& deltas) {
  std::vector<int64_t> counts;
  counts.reserve(deltas.size());
  uint64_t count = 0;  // wraps around as Go's int64 does
  for (int64_t delta : deltas) {
    count += static_cast<uint64_t>(delta);
    counts.push_back(static_cast<int64_t>(count));
  }
  return counts;
}

// Merges buckets so that each octave has 2^-by as many.
void reduce(std::vector<BucketSpan>& spans, std::vector<double>& buckets, int32_t by) {
  std::vector<BucketSpan> coarse_spans;
  std::vector<double> coarse;
  int64_t index = 0;   // in the fine schema
  int64_t target = 0;  // of the last coarse bucket
  size_t next = 0;
  for (const BucketSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i, ++index) {
      const int64_t at = ((index - 1) >> by) + 1;
      if (!coarse.empty() && at == target) {
        coarse.back() += buckets[next++];
        continue;
      }
      if (!coarse.empty() && at == target + 1) {
        ++coarse_spans.back().length;
      } else {
        const int64_t gap = coarse.empty() ? at : at - target - 1;
        coarse_spans.push_back({static_cast<int32_t>(gap), 1});
      }
      coarse.push_back(buckets[next++]);
      target = at;
    }
  }
  spans.swap(coarse_spans);
  buckets.swap(coarse);
}

BucketSpan read_span(std::string_view message, ProtoReader& parent) {
  ProtoReader reader(message);
  BucketSpan span;
  while (reader.next()) {
    if (reader.field() == 1) span.offset = static_cast<int32_t>(reader.zigzag());
    if (reader.field() == 2) span.length = static_cast<uint32_t>(reader.varint());
  }
  if (!reader.fault().empty()) parent.fail(reader.fault());
  return span;
}

void read_field(ProtoReader& reader, WireHistogram& wire) {
  Histogram& h = wire.rest;
  const auto push_int = [](std::vector<int64_t>& to) {
    return [&to](int64_t v) { to.push_back(v); };
  };
  const auto push_float = [](std::vector<double>& to) {
    return [&to](double v) { to.push_back(v); };
  };
  switch (reader.field()) {
    case 1:
      wire.count_int = reader.varint();
      wire.is_float = false;
      break;
    case 2:
      wire.count_float = reader.float64();
      wire.is_float = true;
      break;
    case 3:
      h.sum = reader.float64();
      break;
    case 4:
      h.schema = static_cast<int32_t>(reader.zigzag());
      break;
    case 5:
      h.zero_threshold = reader.float64();
      break;
    case 6:
      wire.zero_count_int = reader.varint();
      break;
    case 7:
      wire.zero_count_float = reader.float64();
      break;
    case 8:
      h.negative_spans.push_back(read_span(reader.bytes(), reader));
      break;
    case 9:
      reader.zigzags(push_int(wire.negative_deltas));
      break;
    case 10:
      reader.float64s(push_float(wire.negative_counts));
      break;
    case 11:
      h.positive_spans.push_back(read_span(reader.bytes(), reader));
      break;
    case 12:
      reader.zigzags(push_int(wire.positive_deltas));
      break;
    case 13:
      reader.float64s(push_float(wire.positive_counts));
      break;
    case 14: {
      const uint64_t hint = reader.varint();
      h.hint =
          hint <= 3 ? static_cast<model::CounterResetHint>(hint) : model::CounterResetHint::Unknown;
      break;
    }
    case 15:
      wire.time_ms = static_cast<int64_t>(reader.varint());
      break;
    case 16:
      reader.float64s(push_float(h.custom_values));
      break;
    case 17:
      wire.start_ms = static_cast<int64_t>(reader.varint());
      break;
  }
}

}  // namespace

Result<WireHistogram> read_histogram(std::string_view message) {
  ProtoReader reader(message);
  WireHistogram wire;
  while (reader.next()) read_field(reader, wire);
  if (!reader.fault().empty()) return Error{ErrorKind::BadData, std::string(reader.fault())};
  return wire;
}

Result<model::HistogramSample> to_sample(WireHistogram wire) {
  const std::vector<int64_t> positive = accumulate(wire.positive_deltas);
  const std::vector<int64_t> negative = accumulate(wire.negative_deltas);
  Fault fault = wire.is_float ? check_float(wire) : check_int(wire, positive, negative);
  if (fault) return Error{ErrorKind::BadData, std::move(*fault)};
  Histogram h = std::move(wire.rest);
  h.integer = !wire.is_float;
  if (wire.is_float) {
    h.count = wire.count_float;
    h.zero_count = wire.zero_count_float;
    h.positive_buckets = std::move(wire.positive_counts);
    h.negative_buckets = std::move(wire.negative_counts);
  } else {
    h.count = static_cast<double>(wire.count_int);
    h.zero_count = static_cast<double>(wire.zero_count_int);
    h.positive_buckets.assign(positive.begin(), positive.end());
    h.negative_buckets.assign(negative.begin(), negative.end());
  }
  if (h.schema > kSchemaMax) {
    reduce(h.positive_spans, h.positive_buckets, h.schema - kSchemaMax);
    reduce(h.negative_spans, h.negative_buckets, h.schema - kSchemaMax);
    h.schema = kSchemaMax;
  }
  return model::HistogramSample{wire.time_ms, std::make_shared<const Histogram>(std::move(h)),
                                wire.start_ms};
}

}  // namespace gnomon::wire
