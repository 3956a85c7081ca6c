#include "src/model/histogram.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "src/base/text.h"

namespace gnomon::model {
namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

// Indexes of custom buckets come from the wire: beyond the bounds there is only infinity.
double upper_bound(const Histogram& h, int64_t index) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!h.custom()) return exponential_bound(h.schema, static_cast<int32_t>(index));
  if (index < 0) return -kInfinity;
  const auto at = static_cast<size_t>(index);
  return at < h.custom_values.size() ? h.custom_values[at] : kInfinity;
}

Bucket make_bucket(const Histogram& h, bool positive, int32_t index, double count) {
  const double outer = upper_bound(h, index);
  const double inner = upper_bound(h, int64_t{index} - 1);
  Bucket bucket;
  bucket.lower = positive ? inner : -outer;
  bucket.upper = positive ? outer : -inner;
  bucket.lower_inclusive = h.custom() ? index == 0 : bucket.lower < 0;
  bucket.upper_inclusive = h.custom() || bucket.upper > 0;
  bucket.count = count;
  return bucket;
}

// The buckets of one side from the one nearest to zero.
std::vector<Bucket> side(const Histogram& h, bool positive) {
  const auto& spans = positive ? h.positive_spans : h.negative_spans;
  const auto& counts = positive ? h.positive_buckets : h.negative_buckets;
  std::vector<Bucket> buckets;
  buckets.reserve(counts.size());
  size_t next = 0;
  int64_t index = 0;
  for (const BucketSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && next < counts.size(); ++i) {
      buckets.push_back(make_bucket(h, positive, static_cast<int32_t>(index++), counts[next++]));
    }
  }
  return buckets;
}

Bucket zero_bucket(const Histogram& h) {
  return {-h.zero_threshold, h.zero_threshold, true, true, h.zero_count};
}

void append_bucket(std::string& out, const Bucket& bucket) {
  if (bucket.count == 0) return;
  out.append(", ").push_back(bucket.lower_inclusive ? '[' : '(');
  out.append(base::format_float_g(bucket.lower)).append(",");
  out.append(base::format_float_g(bucket.upper));
  out.append(bucket.upper_inclusive ? "]:" : "):").append(base::format_float_g(bucket.count));
}

}  // namespace

bool identical(const Histogram& a, const Histogram& b) {
  return a.hint == b.hint && a.integer == b.integer && a.schema == b.schema &&
         same_bits(a.zero_threshold, b.zero_threshold) && same_bits(a.zero_count, b.zero_count) &&
         same_bits(a.count, b.count) && same_bits(a.sum, b.sum) &&
         a.positive_spans == b.positive_spans && a.negative_spans == b.negative_spans &&
         same_bits(a.positive_buckets, b.positive_buckets) &&
         same_bits(a.negative_buckets, b.negative_buckets) &&
         same_bits(a.custom_values, b.custom_values);
}

std::vector<Bucket> all_buckets(const Histogram& h) {
  std::vector<Bucket> buckets = side(h, false);
  std::reverse(buckets.begin(), buckets.end());
  // A zero bucket may reach into its neighbours, which then begin where it ends.
  for (Bucket& bucket : buckets) {
    if (bucket.upper < 0 && bucket.upper > -h.zero_threshold) bucket.upper = -h.zero_threshold;
  }
  if (h.zero_count > 0) buckets.push_back(zero_bucket(h));
  for (Bucket& bucket : side(h, true)) {
    if (bucket.lower > 0 && bucket.lower < h.zero_threshold) bucket.lower = h.zero_threshold;
    buckets.push_back(bucket);
  }
  return buckets;
}

size_t prometheus_size(const Histogram& h) {
  constexpr size_t kStructBytes = 168;
  return kStructBytes +
         8 * (h.positive_spans.size() + h.negative_spans.size() + h.positive_buckets.size() +
              h.negative_buckets.size() + h.custom_values.size());
}

std::string to_string(const Histogram& h) {
  std::string out = "{count:" + base::format_float_g(h.count);
  out.append(", sum:").append(base::format_float_g(h.sum));
  const std::vector<Bucket> negative = side(h, false);
  for (auto it = negative.rbegin(); it != negative.rend(); ++it) append_bucket(out, *it);
  append_bucket(out, zero_bucket(h));
  for (const Bucket& bucket : side(h, true)) append_bucket(out, bucket);
  return out.append("}");
}

}  // namespace gnomon::model
