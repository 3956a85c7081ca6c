// Selectors and subqueries: which samples a query reads, and at which times.
#include <limits>

#include "src/promql/planner.h"

namespace gnomon::promql {

namespace {

using functions::RangeModifier;
using model::TimeGrid;

// Ranges, offsets and lookbacks are durations of at most 2^63 ns. From times within these bounds
// several of them can be added or taken away.
constexpr int64_t kRoomMs = 3 * (std::numeric_limits<int64_t>::max() / 1'000'000);
constexpr int64_t kEarliestMs = model::kTimeMin + kRoomMs;
constexpr int64_t kLatestMs = model::kTimeMax - kRoomMs;

// The absolute multiples of step in (start - range, end]: a subquery's own grid.
TimeGrid subquery_grid(const TimeGrid& samples, int64_t range_ms, int64_t step_ms) {
  int64_t after = samples.start_ms - range_ms;
  int64_t first = (after / step_ms) * step_ms;
  if (first <= after) first += step_ms;
  return {first, samples.last(), step_ms};
}

// A scan of no series: an empty interval of time under a matcher that nothing satisfies.
plan::Scan scan_nothing(int64_t at_ms) {
  plan::Scan scan;
  scan.fragment.matchers.push_back(model::Matcher::equal(std::string(model::kMetricName), ""));
  scan.fragment.min_time_ms = at_ms + 1;
  scan.fragment.max_time_ms = at_ms;
  return scan;
}

}  // namespace

RangeModifier modifier_of(const VectorSelector& selector) {
  if (selector.anchored) return RangeModifier::Anchored;
  return selector.smoothed ? RangeModifier::Smoothed : RangeModifier::None;
}

// The grid, unless one could not calculate with its times.
TimeGrid Planner::checked(const TimeGrid& grid) {
  if (grid.start_ms >= kEarliestMs && grid.end_ms <= kLatestMs) return grid;
  if (!error_) error_ = Error{ErrorKind::Execution, "the query reaches beyond all times"};
  return TimeGrid::instant(0);
}

// The times at which samples are looked up: @ and offset applied to the evaluation times.
TimeGrid Planner::sample_grid(const TimeModifier& time, const TimeGrid& grid) {
  const bool fixed = time.at != AtKind::None;
  const TimeGrid from = checked(fixed ? TimeGrid::instant(time.at_ms) : grid);
  return checked({from.start_ms - time.offset.ms, from.end_ms - time.offset.ms, from.step_ms});
}

plan::NodeId Planner::instant(const VectorSelector& selector, const Expr& expr,
                              const TimeGrid& grid, plan::Reading reading) {
  plan::Instant instant;
  instant.sample_grid = sample_grid(selector.time, grid);
  instant.lookback_ms = options_.lookback_ms;
  instant.reading = reading;
  instant.smoothed = selector.smoothed;
  instant.histogram_stats = histograms_.stats();
  plan::Scan scan;
  scan.fragment.matchers = selector.matchers;
  scan.fragment.min_time_ms = instant.sample_grid.start_ms - options_.lookback_ms + 1;
  scan.fragment.max_time_ms = instant.sample_grid.last();
  if (selector.smoothed) scan.fragment.max_time_ms += options_.lookback_ms;
  instant.source = add(std::move(scan), expr, grid);
  return add(instant, expr, grid);
}

void Planner::raw_samples(const Expr& expr, const TimeGrid& grid) {
  const Source from = source(expr, grid);
  add(plan::RawSamples{from.node, from.grid.start_ms, from.range_ms, options_.lookback_ms,
                       from.modifier},
      expr, grid);
}

Planner::Source Planner::source(const Expr& argument, const TimeGrid& grid) {
  const Expr& expr = without_parens(argument);
  if (auto* inner = std::get_if<Subquery>(&expr.node)) return subquery(*inner, expr, grid);
  return matrix(std::get<MatrixSelector>(expr.node), expr, grid);
}

Planner::Source Planner::subquery(const Subquery& subquery, const Expr& expr,
                                  const TimeGrid& grid) {
  Source source;
  source.grid = sample_grid(subquery.time, grid);
  source.fixed = subquery.time.at != AtKind::None;
  source.range_ms = subquery.range.ms;
  int64_t step = subquery.step.ms;
  if (step == 0) step = options_.default_subquery_step_ms;
  TimeGrid inner = checked(subquery_grid(source.grid, source.range_ms, step));
  if (inner.start_ms > inner.end_ms) {  // no multiple of the step falls into the range
    source.node = add(scan_nothing(inner.end_ms), expr, grid);
  } else {
    UseScope use(histograms_, {histograms_.count_or_sum, true});
    NodeId input = expression(*subquery.expr, inner);
    source.node = add(plan::Subquery{input}, expr, grid);
  }
  return source;
}

Planner::Source Planner::matrix(const MatrixSelector& matrix, const Expr& expr,
                                const TimeGrid& grid) {
  const auto& selector = std::get<VectorSelector>(matrix.selector->node);
  Source source;
  source.grid = sample_grid(selector.time, grid);
  source.fixed = selector.time.at != AtKind::None;
  source.selector = true;
  source.range_ms = matrix.range.ms;
  source.modifier = modifier_of(selector);
  plan::Scan scan;
  scan.fragment.matchers = selector.matchers;
  scan.fragment.min_time_ms = source.grid.start_ms - source.range_ms + 1;
  scan.fragment.max_time_ms = source.grid.last();
  if (source.modifier != RangeModifier::None) scan.fragment.min_time_ms -= options_.lookback_ms;
  if (source.modifier == RangeModifier::Smoothed) {
    scan.fragment.max_time_ms += options_.lookback_ms;
  }
  // The sample on the open border decides whether the first one inside is a reset.
  if (histograms_.stats()) scan.fragment.min_time_ms -= 1;
  source.node = add(std::move(scan), expr, grid);
  return source;
}

}  // namespace gnomon::promql
