#include "src/functions/accumulator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/functions/kahan.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::is_stale;
using model::kStale;

GNOMON_INLINE VecInt stale_lanes(const Vec& x) {
  return (VecInt)x == static_cast<int64_t>(model::kStaleBits);
}

// One step of a running sum; `sum` is the stale marker before the first float.
void add_one(double& sum, double& c, double x) {
  if (is_stale(x)) return;
  KahanSum total{is_stale(sum) ? 0 : sum, c};
  total.add(x);
  sum = total.sum;
  c = total.c;
}

GNOMON_CLONES void add_sums(double* sums, double* compensations, const double* values,
                            size_t size) {
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    const Vec x = load(values + i), sum = load(sums + i), c = load(compensations + i);
    const VecInt absent = stale_lanes(x);
    Kahan<Vec> total{stale_lanes(sum) ? Vec{} : sum, c};
    total.add(x);
    store(sums + i, absent ? sum : total.sum);
    store(compensations + i, absent ? c : total.c);
  }
  for (; i < size; ++i) add_one(sums[i], compensations[i], values[i]);
}

// Adds columns to means from step `from` on and stops before the first steps at which the running
// sum would overflow; returns where.
GNOMON_CLONES size_t add_means_while_finite(double* sums, double* compensations, double* counts,
                                            const double* values, size_t from, size_t size) {
  const Vec one = splat(1);
  size_t i = from;
  for (; i + kLanes <= size; i += kLanes) {
    const Vec x = load(values + i), sum = load(sums + i), c = load(compensations + i);
    const VecInt absent = stale_lanes(x);
    Kahan<Vec> total{stale_lanes(sum) ? Vec{} : sum, c};
    total.add(x);
    if (any(~absent & (magnitude(total.sum) > std::numeric_limits<double>::max()))) return i;
    store(sums + i, absent ? sum : total.sum);
    store(compensations + i, absent ? c : total.c);
    store(counts + i, load(counts + i) + (absent ? Vec{} : one));
  }
  return i;
}

GNOMON_CLONES void count_points(double* counts, const double* values, size_t size) {
  const Vec one = splat(1);
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    store(counts + i, load(counts + i) + (stale_lanes(load(values + i)) ? Vec{} : one));
  }
  for (; i < size; ++i) counts[i] += is_stale(values[i]) ? 0 : 1;
}

template <bool kMax>
GNOMON_INLINE void keep_extremes(double* kept, const double* values, size_t size) {
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    const Vec x = load(values + i), best = load(kept + i);
    const VecInt better = (kMax ? best < x : best > x) | (best != best);
    store(kept + i, (better & ~stale_lanes(x)) ? x : best);
  }
  for (; i < size; ++i) {
    const double x = values[i], best = kept[i];
    if (!is_stale(x) && ((kMax ? best < x : best > x) || std::isnan(best))) kept[i] = x;
  }
}

// The stale marker is a NaN too, so a first value replaces it like any other NaN.
GNOMON_CLONES void keep_max(double* kept, const double* values, size_t size) {
  keep_extremes<true>(kept, values, size);
}
GNOMON_CLONES void keep_min(double* kept, const double* values, size_t size) {
  keep_extremes<false>(kept, values, size);
}

// Welford's recurrence, as in Prometheus: `squares` is the sum of squared distances to the mean,
// the stale marker before the first float.
GNOMON_CLONES void add_deviations(double* squares, double* means, double* counts,
                                  const double* values, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const double x = values[i];
    if (is_stale(x)) continue;
    counts[i] += 1;
    const double delta = x - means[i];
    means[i] += delta / counts[i];
    squares[i] = (is_stale(squares[i]) ? 0 : squares[i]) + delta * (x - means[i]);
  }
}

}  // namespace

void Accumulator::add(const Column& column) {
  const double* values = column.values.data();
  const size_t steps = value_.size();
  switch (kind_) {
    case AggregateKind::Sum:
      add_sums(value_.data(), compensation_.data(), values, steps);
      break;
    case AggregateKind::Avg:
      add_means(values);
      break;
    case AggregateKind::Count:
      count_points(count_.data(), values, steps);
      break;
    case AggregateKind::Group:
      for (size_t i = 0; i < steps; ++i) value_[i] = is_stale(values[i]) ? value_[i] : 1;
      break;
    case AggregateKind::Min:
      keep_min(value_.data(), values, steps);
      break;
    case AggregateKind::Max:
      keep_max(value_.data(), values, steps);
      break;
    case AggregateKind::Stddev:
    case AggregateKind::Stdvar:
      add_deviations(value_.data(), mean_.data(), count_.data(), values, steps);
      break;
  }
  if (!column.histograms.empty()) add_histograms(column);
}

// The mean of the sum is right as long as the sum stays finite; a step where it would not goes on
// with an incremental mean from there.
void Accumulator::add_means(const double* values) {
  const size_t steps = value_.size();
  size_t i = 0;
  while (i < steps) {
    if (incremental_.empty()) {
      i = add_means_while_finite(value_.data(), compensation_.data(), count_.data(), values, i,
                                 steps);
    }
    for (size_t end = std::min(i + kLanes, steps); i < end; ++i) add_mean(i, values[i]);
  }
}

void Accumulator::add_mean(size_t i, double x) {
  if (is_stale(x)) return;
  count_[i] += 1;
  const double count = count_[i];
  if (incremental_.empty() || !incremental_[i]) {
    KahanSum total{is_stale(value_[i]) ? 0 : value_[i], compensation_[i]};
    total.add(x);
    if (!std::isinf(total.sum) || is_stale(value_[i])) {
      value_[i] = total.sum;
      compensation_[i] = total.c;
      return;
    }
    make_incremental(i, count - 1);
  }
  const double q = (count - 1) / count;
  KahanSum mean{q * mean_[i], q * compensation_[i]};
  mean.add(x / count);
  mean_[i] = mean.sum;
  compensation_[i] = mean.c;
}

void Accumulator::make_incremental(size_t i, double count) {
  if (incremental_.empty()) {
    incremental_.resize(value_.size());
    mean_.resize(value_.size());
  }
  if (incremental_[i]) return;
  incremental_[i] = 1;
  mean_[i] = value_[i] / count;
  compensation_[i] /= count;
}

void Accumulator::finish(Column& out) {
  const size_t steps = value_.size();
  out.reset(steps);
  switch (kind_) {
    case AggregateKind::Sum:
      for (size_t i = 0; i < steps; ++i) {
        out.values[i] = is_stale(value_[i]) ? kStale : value_[i] + compensation_[i];
      }
      break;
    case AggregateKind::Avg:
      for (size_t i = 0; i < steps; ++i) {
        if (is_stale(value_[i])) continue;
        const bool incremental = !incremental_.empty() && incremental_[i];
        out.values[i] = incremental ? mean_[i] + compensation_[i]
                                    : value_[i] / count_[i] + compensation_[i] / count_[i];
      }
      break;
    case AggregateKind::Count:
      for (size_t i = 0; i < steps; ++i) {
        if (count_[i] > 0) out.values[i] = count_[i];
      }
      break;
    case AggregateKind::Group:
    case AggregateKind::Min:
    case AggregateKind::Max:
      out.values.swap(value_);
      break;
    case AggregateKind::Stddev:
    case AggregateKind::Stdvar:
      for (size_t i = 0; i < steps; ++i) {
        if (is_stale(value_[i])) continue;
        const double variance = value_[i] / count_[i];
        out.values[i] = kind_ == AggregateKind::Stddev ? std::sqrt(variance) : variance;
      }
      break;
  }
  if (histograms_) finish_histograms(out);
}

void Accumulator::merge(const Accumulator& later) {
  flags_ |= later.flags_;
  for (size_t i = 0; i < value_.size(); ++i) {
    switch (kind_) {
      case AggregateKind::Sum:
        merge_sum(i, later);
        break;
      case AggregateKind::Avg:
        merge_mean(i, later);
        break;
      case AggregateKind::Count:
        count_[i] += later.count_[i];
        break;
      case AggregateKind::Group:
        value_[i] = is_stale(value_[i]) ? later.value_[i] : 1;
        break;
      case AggregateKind::Min:
        keep_min(&value_[i], &later.value_[i], 1);
        break;
      case AggregateKind::Max:
        keep_max(&value_[i], &later.value_[i], 1);
        break;
      case AggregateKind::Stddev:
      case AggregateKind::Stdvar:
        merge_deviation(i, later);
        break;
    }
  }
  if (later.histograms_) merge_histograms(later);
}

void Accumulator::merge_sum(size_t i, const Accumulator& later) {
  if (is_stale(later.value_[i])) return;
  if (is_stale(value_[i])) {
    value_[i] = later.value_[i];
    compensation_[i] = later.compensation_[i];
    return;
  }
  KahanSum total{value_[i], compensation_[i]};
  total.add(later.value_[i]);
  value_[i] = total.sum;
  compensation_[i] = std::isinf(total.sum) ? 0 : total.c + later.compensation_[i];
}

void Accumulator::merge_mean(size_t i, const Accumulator& later) {
  if (is_stale(later.value_[i])) return;
  const bool later_incremental = !later.incremental_.empty() && later.incremental_[i];
  const bool incremental = !incremental_.empty() && incremental_[i];
  if (is_stale(value_[i]) && !later_incremental) {
    value_[i] = later.value_[i];
    compensation_[i] = later.compensation_[i];
    count_[i] = later.count_[i];
    return;
  }
  const double count = count_[i] + later.count_[i];
  if (!incremental && !later_incremental && std::isfinite(value_[i] + later.value_[i])) {
    merge_sum(i, later);
    count_[i] = count;
    return;
  }
  double mean = later.value_[i] / later.count_[i];
  double c = later.compensation_[i];
  if (later_incremental) {
    mean = later.mean_[i];
  } else {
    c /= later.count_[i];
  }
  if (is_stale(value_[i])) value_[i] = 0;
  make_incremental(i, std::max(count_[i], 1.0));
  const double own = count_[i] / count, others = later.count_[i] / count;
  KahanSum merged{own * mean_[i], own * compensation_[i] + others * c};
  merged.add(others * mean);
  mean_[i] = merged.sum;
  compensation_[i] = merged.c;
  count_[i] = count;
}

void Accumulator::merge_deviation(size_t i, const Accumulator& later) {
  if (is_stale(later.value_[i])) return;
  if (is_stale(value_[i])) {
    value_[i] = later.value_[i];
    mean_[i] = later.mean_[i];
    count_[i] = later.count_[i];
    return;
  }
  const double count = count_[i] + later.count_[i];
  const double delta = later.mean_[i] - mean_[i];
  value_[i] += later.value_[i] + delta * delta * count_[i] * later.count_[i] / count;
  mean_[i] += delta * later.count_[i] / count;
  count_[i] = count;
}

}  // namespace gnomon::functions
