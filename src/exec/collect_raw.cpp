#include "src/exec/collect.h"

#include <algorithm>
#include <string>

#include "src/exec/label_keys.h"
#include "src/exec/lower.h"
#include "src/exec/vectors.h"
#include "src/functions/extended.h"

namespace gnomon::exec {

namespace {

// Drops stale markers and what lies outside (from_ms, to_ms].
void clip(model::SampleBlock& block, int64_t from_ms, int64_t to_ms) {
  model::SampleBlock kept;
  for (size_t i = 0; i < block.times.size(); ++i) {
    if (block.times[i] <= from_ms || block.times[i] > to_ms) continue;
    if (model::is_stale(block.values[i])) continue;
    kept.times.push_back(block.times[i]);
    kept.values.push_back(block.values[i]);
  }
  for (auto& sample : block.histograms) {
    if (sample.time_ms <= from_ms || sample.time_ms > to_ms) continue;
    if (!model::is_stale(sample.histogram->sum)) kept.histograms.push_back(std::move(sample));
  }
  block = std::move(kept);
}

// The samples of an anchored or smoothed range: those strictly inside it, and one on each border.
// Anchored, a border has the value of the sample before it; smoothed, the one on the line between
// its neighbours. Empty when no sample is younger than from_ms.
void extend(model::SampleBlock& block, int64_t from_ms, int64_t to_ms, bool smoothed) {
  const auto& times = block.times;
  const auto& values = block.values;
  size_t last = times.size() - 1;
  if (smoothed) {
    auto at_border = std::lower_bound(times.begin(), times.end(), to_ms);
    last = std::min(last, static_cast<size_t>(at_border - times.begin()));
  }
  if (times[last] <= from_ms) return block.clear();
  auto inside = std::upper_bound(times.begin(), times.end(), from_ms);
  size_t first = static_cast<size_t>(inside - times.begin());
  if (first > 0) --first;  // the sample that anchors the left border
  auto between = [&](size_t a, int64_t t) {
    return functions::interpolate(times[a], values[a], times[a + 1], values[a + 1], t, false);
  };
  bool line_left = smoothed && times[first] < from_ms && first < last;
  bool line_right = smoothed && times[last] > to_ms && last > 0;
  model::SampleBlock out;
  out.times.push_back(from_ms);
  out.values.push_back(line_left ? between(first, from_ms) : values[first]);
  for (size_t i = first; i <= last; ++i) {
    if (times[i] <= from_ms || times[i] >= to_ms) continue;
    out.times.push_back(times[i]);
    out.values.push_back(values[i]);
  }
  out.times.push_back(to_ms);
  out.values.push_back(line_right ? between(last - 1, to_ms) : values[last]);
  block = std::move(out);
}

// What the selector shows of one series.
Result<void> select_raw(model::SampleBlock& block, const plan::RawSamples& raw) {
  int64_t from_ms = raw.end_ms - raw.range_ms;
  if (raw.modifier == functions::RangeModifier::None) {
    clip(block, from_ms, raw.end_ms);
    return {};
  }
  bool smoothed = raw.modifier == functions::RangeModifier::Smoothed;
  clip(block, from_ms - raw.lookback_ms, raw.end_ms + (smoothed ? raw.lookback_ms : 0));
  if (!block.histograms.empty()) {
    return Error{ErrorKind::Execution, std::string(smoothed ? "smoothed" : "anchored") +
                                           " modifier is not supported with histograms"};
  }
  if (!block.empty()) extend(block, from_ms, raw.end_ms, smoothed);
  return {};
}

Result<model::Value> collect_scan(const storage::Fragment& fragment, const plan::RawSamples& raw,
                                  Context& context) {
  TRY(auto selection, context.store.select(fragment, context.stop));
  auto labels = selection->series();
  TRY(auto cursor, selection->open(0, labels.size(), context.stop));
  model::RawMatrix matrix;
  uint64_t held = 0, seen = 0;
  for (const auto& l : labels) {
    TRY_VOID(context.check());
    model::SampleBlock block;
    TRY(bool more, cursor->next(block));
    if (!more) break;
    TRY_VOID(select_raw(block, raw));
    if (block.empty()) continue;
    context.budget.count_read(block.size());
    held += block.size();
    seen += block.times.size();
    for (const auto& sample : block.histograms) seen += model::sample_cost(*sample.histogram);
    TRY_VOID(context.budget.take(block.size()));
    matrix.push_back({l, std::move(block)});
  }
  context.budget.give(held);
  context.count_seen({&seen, 1}, 1);
  return model::Value(std::move(matrix));
}

Result<model::Value> collect_subquery(const plan::Plan& plan, plan::NodeId input,
                                      Context& context) {
  plan::Plan inner;
  inner.nodes.assign(plan.nodes.begin(), plan.nodes.begin() + input + 1);
  inner = plan::without_orphans(inner);
  Lowered lowered = lower(inner, context);
  const model::TimeGrid grid = inner.root().grid;
  auto named = make_final_names(context, grid, std::move(lowered.root));
  TRY(auto series, named->series());
  model::RawMatrix matrix;
  model::Column column;
  for (const auto& meta : series) {
    TRY_VOID(named->next(column));
    model::RawSeries out{meta.labels, {}};
    for (size_t step = 0; step < column.steps(); ++step) {
      if (column.has_histogram(step)) {
        out.samples.histograms.push_back({grid.at(step), column.histograms[step], 0});
      } else if (column.has_float(step)) {
        out.samples.times.push_back(grid.at(step));
        out.samples.values.push_back(column.values[step]);
      }
    }
    if (!out.samples.empty()) matrix.push_back(std::move(out));
  }
  std::sort(matrix.begin(), matrix.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  return model::Value(std::move(matrix));
}

}  // namespace

Result<model::Value> collect_raw(const plan::Plan& plan, const plan::RawSamples& raw,
                                 Context& context) {
  const plan::Node& source = plan.nodes[raw.source];
  if (auto* scan = std::get_if<plan::Scan>(&source.op)) {
    return collect_scan(scan->fragment, raw, context);
  }
  return collect_subquery(plan, std::get<plan::Subquery>(source.op).input, context);
}

}  // namespace gnomon::exec
