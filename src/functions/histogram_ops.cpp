#include "src/functions/histogram_ops.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>

#include "src/functions/simd.h"

namespace gnomon::functions {
namespace {

using model::CounterResetHint;
using model::exponential_bound;
using model::Histogram;
using Mode = WideHistogram::Mode;

constexpr double kInf = std::numeric_limits<double>::infinity();

HistogramResult combined(const Histogram& a, const Histogram& b, Mode mode) {
  HistogramResult result;
  WideHistogram wide(a);
  const auto outcome = wide.add(WideHistogram(b), mode);
  if (!outcome.compatible) return result;
  if (mode == Mode::Subtract) wide.hint = CounterResetHint::Gauge;
  wide.compact();
  result.histogram = std::make_shared<Histogram>(wide.plain());
  result.reconciled_bounds = outcome.reconciled_bounds;
  result.conflicting_resets = outcome.conflicting_resets;
  return result;
}

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return same_bits(x, y); });
}

// The same buckets; spans without length only widen the gap to the next.
bool spans_match(const std::vector<model::BucketSpan>& a, const std::vector<model::BucketSpan>& b) {
  size_t i = 0, j = 0;
  int64_t gap_a = 0, gap_b = 0;
  while (true) {
    while (i < a.size() && a[i].length == 0) gap_a += a[i++].offset;
    while (j < b.size() && b[j].length == 0) gap_b += b[j++].offset;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (gap_a + a[i].offset != gap_b + b[j].offset || a[i].length != b[j].length) return false;
    gap_a = gap_b = 0;
    ++i;
    ++j;
  }
}

GNOMON_CLONES bool any_less(const double* a, const double* b, size_t size) {
  size_t i = 0;
  VecInt less = {};
  for (; i + kLanes <= size; i += kLanes) less |= load(a + i) < load(b + i);
  if (any(less)) return true;
  for (; i < size; ++i) {
    if (a[i] < b[i]) return true;
  }
  return false;
}

// Of equal length.
bool any_less(const std::vector<double>& a, const std::vector<double>& b) {
  return any_less(a.data(), b.data(), a.size());
}

// Whether a populated bucket of `previous` is missing or smaller in `current`; one schema.
bool lost_counts(std::span<const Term> current, std::span<const Term> previous) {
  size_t i = 0;
  for (const Term& before : previous) {
    while (i < current.size() && current[i].index < before.index) ++i;
    if (i < current.size() && current[i].index == before.index) {
      if (current[i].count.sum < before.count.sum) return true;
    } else if (before.count.sum != 0) {
      return true;
    }
  }
  return false;
}

// Sums up the buckets that end at or before `bound`, from `at` on.
double roll_up(const Terms& terms, const std::vector<double>& bounds, double bound, size_t& at) {
  double sum = 0;
  for (; at < terms.size(); ++at) {
    const auto index = static_cast<size_t>(std::max(terms[at].index, 0));
    const double upper = index < bounds.size() ? bounds[index] : kInf;
    if (upper > bound) break;
    sum += terms[at].count.sum;
  }
  return sum;
}

// Custom buckets of different bounds, compared between the bounds that both have.
bool lost_custom_counts(const Histogram& current, const Histogram& previous) {
  const Terms now = to_terms(current.positive_spans, current.positive_buckets);
  const Terms before = to_terms(previous.positive_spans, previous.positive_buckets);
  std::vector<double> common;
  std::set_intersection(current.custom_values.begin(), current.custom_values.end(),
                        previous.custom_values.begin(), previous.custom_values.end(),
                        std::back_inserter(common));
  common.push_back(kInf);
  size_t at_now = 0, at_before = 0;
  for (double bound : common) {
    const double sum_now = roll_up(now, current.custom_values, bound, at_now);
    const double sum_before = roll_up(before, previous.custom_values, bound, at_before);
    if (sum_now < sum_before) return true;
  }
  return false;
}

// The count of the zero bucket of `h` if it reached to `threshold`; false when that lies within a
// populated bucket.
bool zero_count_up_to(const Histogram& h, const Terms& positive, const Terms& negative,
                      double threshold, double& count) {
  KahanSum total{h.zero_count, 0};
  if (threshold == h.zero_threshold) {
    count = total.sum;
    return true;
  }
  for (const Terms* terms : {&positive, &negative}) {
    for (const Term& term : *terms) {
      if (exponential_bound(h.schema, term.index - 1) >= threshold) break;
      total.add(term.count.sum);
      if (exponential_bound(h.schema, term.index) <= threshold) continue;
      if (term.count.sum != 0) return false;
      break;
    }
  }
  count = total.sum;
  return true;
}

}  // namespace

HistogramResult add(const Histogram& a, const Histogram& b) { return combined(a, b, Mode::Add); }

HistogramResult subtract(const Histogram& a, const Histogram& b) {
  return combined(a, b, Mode::Subtract);
}

std::shared_ptr<Histogram> multiply(const Histogram& h, double factor) {
  WideHistogram wide(h);
  wide.multiply(factor);
  wide.compact();
  return std::make_shared<Histogram>(wide.plain());
}

std::shared_ptr<Histogram> divide(const Histogram& h, double divisor) {
  WideHistogram wide(h);
  wide.divide(divisor);
  wide.compact();
  return std::make_shared<Histogram>(wide.plain());
}

std::shared_ptr<Histogram> negate(const Histogram& h) {
  WideHistogram wide(h);
  wide.multiply(-1);
  wide.hint = CounterResetHint::Gauge;
  return std::make_shared<Histogram>(wide.plain());
}

bool equals(const Histogram& a, const Histogram& b) {
  return a.schema == b.schema && same_bits(a.count, b.count) && same_bits(a.sum, b.sum) &&
         (!a.custom() || same_bits(a.custom_values, b.custom_values)) &&
         a.zero_threshold == b.zero_threshold && same_bits(a.zero_count, b.zero_count) &&
         spans_match(a.negative_spans, b.negative_spans) &&
         same_bits(a.negative_buckets, b.negative_buckets) &&
         spans_match(a.positive_spans, b.positive_spans) &&
         same_bits(a.positive_buckets, b.positive_buckets);
}

bool same_layout(const Histogram& a, const Histogram& b) {
  return a.schema == b.schema && a.zero_threshold == b.zero_threshold &&
         a.positive_spans == b.positive_spans && a.negative_spans == b.negative_spans &&
         a.positive_buckets.size() == b.positive_buckets.size() &&
         a.negative_buckets.size() == b.negative_buckets.size();
}

bool detect_reset(const Histogram& current, const Histogram& previous) {
  if (current.hint == CounterResetHint::Reset) return true;
  if (current.hint == CounterResetHint::NotReset) return false;
  if (current.count < previous.count) return true;
  if (current.custom()) {
    if (!previous.custom()) return true;
    if (!same_bits(current.custom_values, previous.custom_values)) {
      return lost_custom_counts(current, previous);
    }
  }
  if (same_layout(current, previous) && clear_of_zero_bucket(current)) {
    return current.zero_count < previous.zero_count ||
           any_less(current.positive_buckets, previous.positive_buckets) ||
           any_less(current.negative_buckets, previous.negative_buckets);
  }
  if (current.schema > previous.schema) return true;
  if (current.zero_threshold < previous.zero_threshold) return true;
  Terms positive = to_terms(previous.positive_spans, previous.positive_buckets);
  Terms negative = to_terms(previous.negative_spans, previous.negative_buckets);
  if (current.custom() || previous.custom()) {
    if (current.custom() != previous.custom()) return true;
    return lost_counts(to_terms(current.positive_spans, current.positive_buckets), positive);
  }
  double zero_count = 0;
  const double threshold = current.zero_threshold;
  if (!zero_count_up_to(previous, positive, negative, threshold, zero_count)) return true;
  if (current.zero_count < zero_count) return true;
  reduce_resolution(positive, previous.schema, current.schema, false);
  reduce_resolution(negative, previous.schema, current.schema, false);
  const Terms now_positive = to_terms(current.positive_spans, current.positive_buckets);
  const Terms now_negative = to_terms(current.negative_spans, current.negative_buckets);
  const int32_t schema = current.schema;
  return lost_counts(terms_beyond(now_positive, schema, threshold),
                     terms_beyond(positive, schema, threshold)) ||
         lost_counts(terms_beyond(now_negative, schema, threshold),
                     terms_beyond(negative, schema, threshold));
}

void HistogramTotal::note_hint(CounterResetHint hint) {
  reset_seen_ |= hint == CounterResetHint::Reset;
  no_reset_seen_ |= hint == CounterResetHint::NotReset;
}

void HistogramTotal::note_outcome(const WideHistogram::Outcome& outcome) {
  reconciled_ |= outcome.reconciled_bounds;
  incompatible_ = !outcome.compatible;
}

void HistogramTotal::add(const Histogram& histogram, bool average) {
  if (incompatible_) return;
  note_hint(histogram.hint);
  if (seen_ && !average && total_.add_in_place(histogram)) {
    count_ += 1;
    return;
  }
  add_wide(WideHistogram(histogram), 1, average);
}

void HistogramTotal::add_wide(WideHistogram next, double weight, bool average) {
  count_ += weight;
  if (!seen_) {
    seen_ = true;
    total_ = std::move(next);
    return;
  }
  if (!average) {
    note_outcome(total_.add(std::move(next), Mode::KahanAdd));
    return;
  }
  if (!incremental_) {
    WideHistogram sum = total_;
    note_outcome(sum.add(next, Mode::KahanAdd));
    if (incompatible_) return;
    if (!sum.has_overflow()) {
      total_ = std::move(sum);
      return;
    }
    incremental_ = true;
    total_.divide(count_ - weight);
  }
  total_.multiply((count_ - weight) / count_);
  next.divide(count_);
  note_outcome(total_.add(std::move(next), Mode::KahanAdd));
}

void HistogramTotal::merge(const HistogramTotal& later, bool average) {
  if (!later.seen_ || incompatible_) return;
  if (!seen_) {
    *this = later;
    return;
  }
  reset_seen_ |= later.reset_seen_;
  no_reset_seen_ |= later.no_reset_seen_;
  reconciled_ |= later.reconciled_;
  incompatible_ = later.incompatible_;
  if (incompatible_) return;
  WideHistogram next = later.total_;
  if (later.incremental_) next.multiply(later.count_);
  add_wide(std::move(next), later.count_, average);
}

Histogram HistogramTotal::finish(bool average, bool compact) const {
  WideHistogram result = total_;
  if (average && !incremental_) result.divide(count_);
  if (compact) {
    Histogram with_compensation = result.compensated();
    WideHistogram compacted(with_compensation);
    compacted.compact();
    return compacted.plain();
  }
  return result.compensated();
}

}  // namespace gnomon::functions
