#include "src/functions/accumulator.h"
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

// Per step, the running sum or mean of the histograms. After a float none is looked at, and after
// one that does not fit nothing at all: what is said of them depends on their order.
struct Accumulator::HistogramState {
  explicit HistogramState(size_t steps) : totals(steps), order(steps) {}
  enum Order : uint8_t { kAfterFloat = 1, kFloatBeforeMisfit = 2 };
  std::vector<HistogramTotal> totals;
  std::vector<uint8_t> order;
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
        add_histogram(i, *column.histograms[i]);
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

void Accumulator::add_histogram(size_t step, const model::Histogram& histogram) {
  HistogramTotal& total = histograms_->totals[step];
  uint8_t& order = histograms_->order[step];
  const bool float_seen = !is_stale(value_[step]);
  if (!total.seen() && float_seen) order |= HistogramState::kAfterFloat;
  if ((order & HistogramState::kAfterFloat) || total.incompatible()) return;
  total.add(histogram, kind_ == AggregateKind::Avg);
  note_histogram_flags(step);
  if (total.incompatible() && float_seen) order |= HistogramState::kFloatBeforeMisfit;
}

void Accumulator::note_histogram_flags(size_t step) {
  flags_.mixed_schemas |= histograms_->totals[step].incompatible();
  flags_.reconciled_bounds |= histograms_->totals[step].reconciled_bounds();
}

void Accumulator::merge_histograms(const Accumulator& later) {
  if (!histograms_) histograms_ = std::make_unique<HistogramState>(value_.size());
  for (size_t i = 0; i < value_.size(); ++i) {
    HistogramTotal& total = histograms_->totals[i];
    if (total.incompatible()) continue;
    if (!total.seen()) histograms_->order[i] |= later.histograms_->order[i];
    total.merge(later.histograms_->totals[i], kind_ == AggregateKind::Avg);
    note_histogram_flags(i);
  }
}

void Accumulator::finish_histograms(Column& out) {
  for (size_t i = 0; i < value_.size(); ++i) {
    const HistogramTotal& total = histograms_->totals[i];
    const uint8_t order = histograms_->order[i];
    if (!total.seen() && order == 0) continue;
    if (total.incompatible()) {
      flags_.mixed |= (order & HistogramState::kFloatBeforeMisfit) != 0;
      out.values[i] = kStale;
    } else if (!is_stale(value_[i])) {
      flags_.mixed = true;
      out.values[i] = kStale;
    } else {
      flags_.conflicting_resets |= total.conflicting_resets();
      out.set_histogram(
          i, std::make_shared<model::Histogram>(total.finish(kind_ == AggregateKind::Avg, true)));
    }
  }
}

}  // namespace gnomon::functions
