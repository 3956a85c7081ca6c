#include "src/functions/aggregate.h"
#include "src/functions/histogram_ops.h"

namespace gnomon::functions {

using model::Column;
using model::is_stale;
using model::kStale;

AggregateFlags& AggregateFlags::operator|=(const AggregateFlags& other) {
  mixed |= other.mixed;
  ignored_histogram |= other.ignored_histogram;
  mixed_schemas |= other.mixed_schemas;
  conflicting_resets |= other.conflicting_resets;
  reconciled_bounds |= other.reconciled_bounds;
  return *this;
}

// Per step, the running sum or mean of the histograms.
struct Accumulator::HistogramState {
  explicit HistogramState(size_t steps) : totals(steps) {}
  std::vector<HistogramTotal> totals;
};

Accumulator::Accumulator(AggregateKind kind, size_t steps) : kind_(kind), value_(steps, kStale) {
  switch (kind) {
    case AggregateKind::Sum:
      compensation_.resize(steps);
      break;
    case AggregateKind::Avg:
      compensation_.resize(steps);
      count_.resize(steps);
      break;
    case AggregateKind::Count:
      count_.resize(steps);
      break;
    case AggregateKind::Stddev:
    case AggregateKind::Stdvar:
      mean_.resize(steps);
      count_.resize(steps);
      break;
    case AggregateKind::Group:
    case AggregateKind::Min:
    case AggregateKind::Max:
      break;
  }
}

Accumulator::~Accumulator() = default;
Accumulator::Accumulator(Accumulator&&) noexcept = default;
Accumulator& Accumulator::operator=(Accumulator&&) noexcept = default;

void Accumulator::add_histograms(const Column& column) {
  const size_t steps = value_.size();
  for (size_t i = 0; i < steps; ++i) {
    if (!column.has_histogram(i)) continue;
    switch (kind_) {
      case AggregateKind::Sum:
      case AggregateKind::Avg:
        if (!histograms_) histograms_ = std::make_unique<HistogramState>(steps);
        histograms_->totals[i].add(*column.histograms[i], kind_ == AggregateKind::Avg);
        note_histogram_flags(i);
        break;
      case AggregateKind::Count:
        count_[i] += 1;
        break;
      case AggregateKind::Group:
        value_[i] = 1;
        break;
      case AggregateKind::Min:
      case AggregateKind::Max:
      case AggregateKind::Stddev:
      case AggregateKind::Stdvar:
        flags_.ignored_histogram = true;
        break;
    }
  }
}

void Accumulator::note_histogram_flags(size_t step) {
  flags_.mixed_schemas |= histograms_->totals[step].incompatible();
  flags_.reconciled_bounds |= histograms_->totals[step].reconciled_bounds();
}

void Accumulator::merge_histograms(const Accumulator& later) {
  if (!histograms_) histograms_ = std::make_unique<HistogramState>(value_.size());
  for (size_t i = 0; i < value_.size(); ++i) {
    histograms_->totals[i].merge(later.histograms_->totals[i], kind_ == AggregateKind::Avg);
    note_histogram_flags(i);
  }
}

void Accumulator::finish_histograms(Column& out) {
  for (size_t i = 0; i < value_.size(); ++i) {
    const HistogramTotal& total = histograms_->totals[i];
    if (!total.seen()) continue;
    if (!is_stale(value_[i])) {
      flags_.mixed = true;
      out.values[i] = kStale;
    } else if (!total.incompatible()) {
      flags_.conflicting_resets |= total.conflicting_resets();
      out.set_histogram(
          i, std::make_shared<model::Histogram>(total.finish(kind_ == AggregateKind::Avg, true)));
    }
  }
}

}  // namespace gnomon::functions
