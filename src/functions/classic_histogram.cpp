#include "src/functions/classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/model/sample.h"

namespace gnomon::functions {
namespace {

using model::kNaN;

constexpr double kInf = std::numeric_limits<double>::infinity();
// Counts closer than this differ by rounding only.
constexpr double kTolerance = 1e-12;

bool almost_equal(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  const double sum = std::fabs(a) + std::fabs(b);
  const double difference = std::fabs(a - b);
  if (a == 0 || b == 0 || sum < std::numeric_limits<double>::min()) {
    return difference < kTolerance * std::numeric_limits<double>::min();
  }
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kTolerance;
}

bool by_bound(const ClassicBucket& a, const ClassicBucket& b) { return a.upper < b.upper; }

void sort_and_merge(std::vector<ClassicBucket>& buckets) {
  if (!std::is_sorted(buckets.begin(), buckets.end(), by_bound)) {
    std::sort(buckets.begin(), buckets.end(), by_bound);
  }
  size_t last = 0;
  for (size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper == buckets[last].upper) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
}

void level(std::vector<ClassicBucket>& buckets, MonotonicityFix& fix) {
  fix = {false, kInf, -kInf, 0};
  double before = buckets[0].count;
  for (ClassicBucket& bucket : buckets) {
    if (bucket.count == before) continue;
    if (almost_equal(before, bucket.count)) {
      bucket.count = before;
    } else if (bucket.count < before) {
      fix.forced = true;
      fix.bucket_min = std::min(fix.bucket_min, bucket.upper);
      fix.bucket_max = std::max(fix.bucket_max, bucket.upper);
      fix.difference_max = std::max(fix.difference_max, before - bucket.count);
      bucket.count = before;
    } else {
      before = bucket.count;
    }
  }
}

// The cumulative count at v, on the line from the bucket's lower to its upper bound.
double rank_at(double v, double lower, const ClassicBucket& bucket, double rank_below) {
  if (lower == -kInf) return bucket.count;
  return rank_below + (bucket.count - rank_below) * (v - lower) / (bucket.upper - lower);
}

// The rank of one end of the interval of histogram_fraction, once it was found.
struct End {
  double at = 0;
  double rank = 0;
  bool set = false;

  void visit(double lower, const ClassicBucket& bucket, double rank_below) {
    if (set) return;
    if (lower >= at) {
      rank = rank_below;
      set = true;
    } else if (lower < at && bucket.upper > at) {
      rank = rank_at(at, lower, bucket, rank_below);
      set = true;
    }
  }
  double rank_or(double total) const { return !set || rank > total ? total : rank; }
};

}  // namespace

double classic_quantile(double q, std::vector<ClassicBucket>& buckets, MonotonicityFix& fix) {
  fix = {};
  if (std::isnan(q)) return kNaN;
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  sort_and_merge(buckets);
  if (buckets.back().upper != kInf) return kNaN;
  level(buckets, fix);
  if (buckets.size() < 2) return kNaN;
  const double observations = buckets.back().count;
  if (observations == 0) return kNaN;

  double rank = q * observations;
  const auto at =
      std::partition_point(buckets.begin(), buckets.end() - 1,
                           [rank](const ClassicBucket& bucket) { return !(bucket.count >= rank); });
  if (at == buckets.end() - 1) return (at - 1)->upper;
  if (at == buckets.begin() && at->upper <= 0) return at->upper;
  double lower = 0;
  double count = at->count;
  if (at != buckets.begin()) {
    lower = (at - 1)->upper;
    count -= (at - 1)->count;
    rank -= (at - 1)->count;
  }
  return lower + (at->upper - lower) * (rank / count);
}

double classic_fraction(double lower, double upper, std::vector<ClassicBucket>& buckets) {
  sort_and_merge(buckets);
  if (buckets.back().upper != kInf) return kNaN;
  const double total = buckets.back().count;
  if (total == 0 || std::isnan(lower) || std::isnan(upper)) return kNaN;
  if (lower >= upper) return 0;

  End from{lower}, to{upper};
  double rank = 0;
  // Positive bounds only: nothing was observed below 0.
  double bound = buckets[0].upper <= 0 ? -kInf : 0;
  for (const ClassicBucket& bucket : buckets) {
    from.visit(bound, bucket, rank);
    to.visit(bound, bucket, rank);
    if (from.set && to.set) break;
    rank = bucket.count;
    bound = bucket.upper;
  }
  return (to.rank_or(total) - from.rank_or(total)) / total;
}

}  // namespace gnomon::functions
