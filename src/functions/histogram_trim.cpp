#include <cmath>
#include <limits>

#include "src/functions/go_math.h"
#include "src/functions/histogram_ops.h"

namespace gnomon::functions {
namespace {

using model::Bucket;
using model::Histogram;

constexpr double kInf = std::numeric_limits<double>::infinity();

// What is left of a bucket, and where its observations stand for the sum.
struct Kept {
  double count = 0;
  double middle = 0;
};

double zero_if_infinite(double x) { return std::isinf(x) ? 0 : x; }

double middle_of(double lower, double upper, bool positive, bool linear) {
  if (std::isinf(lower)) {
    if (std::isinf(upper)) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (std::isinf(upper)) return lower;
  if (linear) return (lower + upper) / 2;
  const double geometric = std::sqrt(std::fabs(lower * upper));
  return positive ? geometric : -geometric;
}

// Nothing is known of where in an infinite bucket its observations are; only one from -Inf to a
// positive bound is taken to begin at 0.
Kept keep_of_lowest(const Bucket& b, double limit, bool below) {
  const bool from_zero = b.upper > 0 && b.upper != kInf;
  if (below) {
    if (limit >= b.upper) return {b.count, 0};
    if (limit > 0 && from_zero) return {b.count * limit / b.upper, limit / 2};
    if (b.upper <= 0) return {b.count, limit};
    return {0, zero_if_infinite(b.upper)};
  }
  if (limit <= b.lower) return {b.count, 0};
  if (limit >= 0 && b.upper > limit && b.upper != kInf) {
    return {b.count * (1 - limit / b.upper), (limit + b.upper) / 2};
  }
  return {0, zero_if_infinite(b.upper)};
}

Kept keep_of_highest(const Bucket& b, double limit, bool below) {
  if (!below && limit >= b.lower) return {b.count, limit};
  return {0, zero_if_infinite(b.lower)};
}

double count_below(const Bucket& b, double limit, bool linear) {
  if (limit <= b.lower) return 0;
  if (limit >= b.upper) return b.count;
  if (linear) return b.count * ((limit - b.lower) / (b.upper - b.lower));
  const double lower = go::log2(std::fabs(b.lower));
  const double upper = go::log2(std::fabs(b.upper));
  const double at = go::log2(std::fabs(limit));
  if (limit > 0) return b.count * ((at - lower) / (upper - lower));
  return b.count * (1 - ((at - upper) / (lower - upper)));
}

// Keeps the observations below the limit, or those above, and tells whether any is gone.
class Trimmer {
 public:
  Trimmer(Histogram& h, double limit, bool below) : h_(h), limit_(limit), below_(below) {}

  void run() {
    const bool positive = side(true);
    const bool negative = side(false);
    if (h_.zero_count > 0) zero(negative, positive);
    if (!trimmed_) return;
    h_.count = count_;
    h_.sum = sum_;
    WideHistogram wide(h_);
    wide.compact();
    h_ = wide.plain();
  }

 private:
  double bound(int64_t index) const {
    if (!h_.custom()) return model::exponential_bound(h_.schema, static_cast<int32_t>(index));
    if (index < 0) return -kInf;
    const auto at = static_cast<size_t>(index);
    return at < h_.custom_values.size() ? h_.custom_values[at] : kInf;
  }

  // True when the side is populated.
  bool side(bool positive) {
    std::vector<double>& counts = positive ? h_.positive_buckets : h_.negative_buckets;
    const Terms terms = to_terms(positive ? h_.positive_spans : h_.negative_spans, counts);
    bool populated = false;
    for (size_t i = 0; i < terms.size(); ++i) {
      if (counts[i] == 0) continue;
      populated = true;
      const double outer = bound(terms[i].index), inner = bound(int64_t{terms[i].index} - 1);
      Bucket b;
      b.lower = positive ? inner : -outer;
      b.upper = positive ? outer : -inner;
      b.count = counts[i];
      bucket(b, positive, counts[i]);
    }
    return populated;
  }

  void bucket(const Bucket& b, bool positive, double& count) {
    const bool linear = h_.custom();
    Kept kept;
    if (below_ ? b.upper <= limit_ : b.lower >= limit_) {
      kept = {b.count, middle_of(b.lower, b.upper, positive, linear)};
    } else if (below_ ? b.lower < limit_ : b.upper > limit_) {
      kept = split(b, positive, linear);
    } else {
      count = 0;
      trimmed_ = true;
      return;
    }
    count_ += kept.count;
    sum_ += kept.middle * kept.count;
    trimmed_ |= count != kept.count;
    count = kept.count;
  }

  Kept split(const Bucket& b, bool positive, bool linear) const {
    if (b.lower == -kInf) return keep_of_lowest(b, limit_, below_);
    if (b.upper == kInf) return keep_of_highest(b, limit_, below_);
    const double under = count_below(b, limit_, linear);
    if (below_) return {under, middle_of(b.lower, limit_, positive, linear)};
    return {b.count - under, middle_of(limit_, b.upper, positive, linear)};
  }

  void zero(bool negative, bool positive) {
    const double lower = positive && !negative ? 0 : -h_.zero_threshold;
    const double upper = negative && !positive ? 0 : h_.zero_threshold;
    const Kept all{h_.zero_count, (lower + upper) / 2};
    Kept kept;
    if (limit_ <= lower) {
      kept = below_ ? Kept{} : all;
    } else if (limit_ >= upper) {
      kept = below_ ? all : Kept{};
    } else if (below_) {
      kept = {h_.zero_count * ((limit_ - lower) / (upper - lower)), (lower + limit_) / 2};
    } else {
      kept = {h_.zero_count * ((upper - limit_) / (upper - lower)), (limit_ + upper) / 2};
    }
    trimmed_ |= h_.zero_count != kept.count;
    h_.zero_count = kept.count;
    sum_ += kept.middle * kept.count;
    count_ += kept.count;
  }

  Histogram& h_;
  double limit_;
  bool below_;
  bool trimmed_ = false;
  double count_ = 0;
  double sum_ = 0;
};

std::shared_ptr<Histogram> trimmed(const Histogram& h, double limit, bool below) {
  auto result = std::make_shared<Histogram>(h);
  Trimmer(*result, limit, below).run();
  return result;
}

}  // namespace

std::shared_ptr<Histogram> trim_above(const Histogram& h, double limit) {
  return trimmed(h, limit, true);
}

std::shared_ptr<Histogram> trim_below(const Histogram& h, double limit) {
  return trimmed(h, limit, false);
}

}  // namespace gnomon::functions
