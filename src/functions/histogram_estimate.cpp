#include <algorithm>
#include <cmath>
#include <limits>

#include "src/functions/go_math.h"
#include "src/functions/histogram_ops.h"
#include "src/model/sample.h"

namespace gnomon::functions {
namespace {

using model::Bucket;
using model::Histogram;
using model::kNaN;

constexpr double kInf = std::numeric_limits<double>::infinity();

// Where v lies between the bounds, as a share; on a logarithmic scale for exponential buckets.
double share_below(const Bucket& bucket, double v, bool linear) {
  if (linear) return (v - bucket.lower) / (bucket.upper - bucket.lower);
  const double lower = go::log2(std::fabs(bucket.lower));
  const double upper = go::log2(std::fabs(bucket.upper));
  const double at = go::log2(std::fabs(v));
  if (v > 0) return (at - lower) / (upper - lower);
  return 1 - ((at - upper) / (lower - upper));
}

// A histogram with observations on one side of zero only has no others in its zero bucket either.
void clip_zero_bucket(const Histogram& h, Bucket& bucket) {
  if (h.negative_buckets.empty() && !h.positive_buckets.empty()) bucket.lower = 0;
  if (h.positive_buckets.empty() && !h.negative_buckets.empty()) bucket.upper = 0;
}

double interpolate(const Histogram& h, const Bucket& bucket, double share) {
  if (h.custom() || (bucket.lower <= 0 && bucket.upper >= 0)) {
    return bucket.lower + (bucket.upper - bucket.lower) * share;
  }
  const double lower = go::log2(std::fabs(bucket.lower));
  const double upper = go::log2(std::fabs(bucket.upper));
  if (bucket.lower > 0) return go::exp2(lower + (upper - lower) * share);
  return -go::exp2(upper + (lower - upper) * (1 - share));
}

// Upper bound of the positive bucket `index`, custom ones included.
double upper_bound(const Histogram& h, int32_t index) {
  if (!h.custom()) return model::exponential_bound(h.schema, index);
  if (index < 0) return -kInf;
  const auto at = static_cast<size_t>(index);
  return at < h.custom_values.size() ? h.custom_values[at] : kInf;
}

// The buckets of model::all_buckets by their place, the lowest 0; bounds are computed only where
// they are asked for. The histogram must outlive it.
class BucketPlaces {
 public:
  explicit BucketPlaces(const Histogram& h)
      : h_(h),
        negative_(populated(h.negative_spans, h.negative_buckets)),
        zero_(h.zero_count > 0 ? 1 : 0),
        size_(negative_ + zero_ + populated(h.positive_spans, h.positive_buckets)) {}

  size_t size() const { return size_; }

  double count(size_t place) const {
    if (place < negative_) return h_.negative_buckets[negative_ - 1 - place];
    if (place < negative_ + zero_) return h_.zero_count;
    return h_.positive_buckets[place - negative_ - zero_];
  }

  Bucket bucket(size_t place) const {
    Bucket bucket;
    bucket.count = count(place);
    if (place < negative_) {
      const int32_t index = index_of(h_.negative_spans, negative_ - 1 - place);
      bucket.lower = -upper_bound(h_, index);
      bucket.upper = -upper_bound(h_, index - 1);
      // A zero bucket may reach into its neighbours, which then begin where it ends.
      if (bucket.upper < 0) bucket.upper = std::min(bucket.upper, -h_.zero_threshold);
    } else if (place < negative_ + zero_) {
      bucket.lower = -h_.zero_threshold;
      bucket.upper = h_.zero_threshold;
    } else {
      const int32_t index = index_of(h_.positive_spans, place - negative_ - zero_);
      bucket.lower = upper_bound(h_, index - 1);
      bucket.upper = upper_bound(h_, index);
      if (bucket.lower > 0) bucket.lower = std::max(bucket.lower, h_.zero_threshold);
    }
    return bucket;
  }

 private:
  // How many buckets the spans have room for and counts are there for.
  static size_t populated(const std::vector<model::BucketSpan>& spans,
                          const std::vector<double>& counts) {
    size_t length = 0;
    for (const model::BucketSpan& span : spans) length += span.length;
    return std::min(length, counts.size());
  }

  static int32_t index_of(const std::vector<model::BucketSpan>& spans, size_t at) {
    int64_t index = 0;
    for (const model::BucketSpan& span : spans) {
      index += span.offset;
      if (at < span.length) return static_cast<int32_t>(index + static_cast<int64_t>(at));
      at -= span.length;
      index += span.length;
    }
    return static_cast<int32_t>(index);
  }

  const Histogram& h_;
  size_t negative_;
  size_t zero_;
  size_t size_;
};

// The cumulative count below one end of the interval of histogram_fraction, once it was found.
struct End {
  double at = 0;
  double rank = 0;
  bool set = false;

  void visit(const Bucket& bucket, double rank_below, bool linear) {
    if (set) return;
    if (bucket.lower >= at) {
      rank = rank_below;
      set = true;
    } else if (bucket.upper > at) {
      rank = linear && bucket.lower == -kInf
                 ? bucket.count
                 : rank_below + bucket.count * share_below(bucket, at, linear);
      set = true;
    }
  }
  double rank_or(double total) const { return !set || rank > total ? total : rank; }
};

}  // namespace

Estimate histogram_quantile(double q, const Histogram& h) {
  if (q < 0) return {-kInf};
  if (q > 1) return {kInf};
  if (h.count == 0 || std::isnan(q)) return {kNaN};

  const BucketPlaces buckets(h);
  // NaN observations count, but have no bucket: then only the way up is right.
  const bool upwards = std::isnan(h.sum) || q < 0.5;
  double rank = (upwards ? q : 1 - q) * h.count;
  double count = 0;
  size_t next = 0;
  size_t place = 0;
  while (next < buckets.size()) {
    place = upwards ? next : buckets.size() - 1 - next;
    ++next;
    const double here = buckets.count(place);
    if (here == 0) continue;
    count += here;
    if (count >= rank) break;
  }
  Bucket bucket;
  if (next > 0) bucket = buckets.bucket(place);
  if (!h.custom()) {
    if (bucket.lower < 0 && bucket.upper > 0) clip_zero_bucket(h, bucket);
  } else if (bucket.lower == -kInf) {
    if (bucket.upper <= 0) return {bucket.upper};
    bucket.lower = 0;
  } else if (bucket.upper == kInf) {
    return {bucket.lower};
  }
  count = std::min(count, h.count);
  if (count < rank) {
    if (std::isnan(h.sum)) return {kNaN, NaNRemark::Result};
    return {bucket.upper};
  }
  rank = upwards ? rank - (count - bucket.count) : count - rank;
  Estimate estimate;
  if (std::isnan(h.sum)) {
    for (size_t i = next; i < buckets.size(); ++i) count += buckets.count(i);
    if (next < buckets.size()) bucket = buckets.bucket(buckets.size() - 1);
    if (count < h.count) estimate.remark = NaNRemark::Skew;
  }
  estimate.value = interpolate(h, bucket, rank / bucket.count);
  return estimate;
}

Estimate histogram_fraction(double lower, double upper, const Histogram& h) {
  if (h.count == 0 || std::isnan(lower) || std::isnan(upper)) return {kNaN};
  if (lower >= upper) return {0};

  const std::vector<Bucket> buckets = model::all_buckets(h);
  End from{lower}, to{upper};
  double count = 0, rank = 0;
  size_t next = 0;
  while (next < buckets.size()) {
    Bucket bucket = buckets[next++];
    count += bucket.count;
    const bool zero = bucket.lower <= 0 && bucket.upper >= 0;
    if (zero) clip_zero_bucket(h, bucket);
    from.visit(bucket, rank, h.custom() || zero);
    to.visit(bucket, rank, h.custom() || zero);
    if (from.set && to.set) break;
    rank += bucket.count;
  }
  Estimate estimate;
  if (std::isnan(h.sum)) {
    for (size_t i = next; i < buckets.size(); ++i) count += buckets[i].count;
    if (count < h.count) estimate.remark = NaNRemark::Fraction;
  } else {
    count = h.count;
  }
  estimate.value = (to.rank_or(count) - from.rank_or(count)) / h.count;
  return estimate;
}

double histogram_stdvar(const Histogram& h) {
  const double mean = h.sum / h.count;
  KahanSum variance;
  for (const Bucket& bucket : model::all_buckets(h)) {
    if (bucket.count == 0) continue;
    double middle = 0;
    if (h.custom()) {
      middle = (bucket.upper + bucket.lower) / 2.0;
    } else if (!(bucket.lower <= 0 && bucket.upper >= 0)) {
      middle = std::sqrt(bucket.upper * bucket.lower);
      if (bucket.upper < 0) middle = -middle;
    }
    const double delta = middle - mean;
    variance.add(bucket.count * delta * delta);
  }
  return variance.value() / h.count;
}

double histogram_stddev(const Histogram& h) { return std::sqrt(histogram_stdvar(h)); }

}  // namespace gnomon::functions
