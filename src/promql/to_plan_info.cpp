// info(): which info series it joins, and at which times they are read.
#include "src/promql/invariant.h"
#include "src/promql/planner.h"

namespace gnomon::promql {

namespace {

// The matchers of info()'s second argument, and what they select: target_info unless they name
// another metric.
void select_info(const Call& call, plan::Info& info) {
  bool by_name = false, positive_name = false;
  if (call.arguments.size() > 1) {
    const auto& data = std::get<VectorSelector>(call.arguments[1]->node);
    for (const auto& m : data.matchers) {
      if (m.name() == model::kMetricName) {
        by_name = true;
        positive_name |= m.kind() == model::MatchKind::Equal || m.kind() == model::MatchKind::Regex;
        info.info_matchers.push_back(m);
      } else {
        info.data_matchers.push_back(m);
      }
    }
  }
  if (!by_name) {
    info.info_matchers.push_back(
        model::Matcher::equal(std::string(model::kMetricName), "target_info"));
  } else if (!positive_name) {
    auto any =
        model::Matcher::create(model::MatchKind::Regex, std::string(model::kMetricName), ".+_info");
    info.info_matchers.push_back(any.value());
  }
  info.info_matchers.insert(info.info_matchers.end(), info.data_matchers.begin(),
                            info.data_matchers.end());
}

}  // namespace

plan::NodeId Planner::info(const Call& call, const Expr& expr, const TimeGrid& grid) {
  plan::Info info;
  info.input = expression(*call.arguments[0], grid);
  select_info(call, info);
  if (error_) return info.input;
  auto reference = reference_time(*call.arguments[0]).value_or(ReferenceTime{});
  TimeGrid times{grid.start_ms + reference.time_ms, grid.end_ms + reference.time_ms, grid.step_ms};
  if (reference.fixed) times = TimeGrid::instant(reference.time_ms);
  times = checked(times);
  bool once = grid.steps() > 1 && reference.fixed;
  TimeGrid at = once ? TimeGrid::instant(grid.start_ms) : grid;
  plan::Scan scan;
  scan.fragment.matchers = info.info_matchers;
  scan.fragment.min_time_ms = times.start_ms - options_.lookback_ms + 1;
  scan.fragment.max_time_ms = times.last();
  plan::Instant instant;
  instant.source = add(std::move(scan), expr, at);
  instant.sample_grid = times;
  instant.lookback_ms = options_.lookback_ms;
  info.info = add(instant, expr, at);
  instant.reading = plan::Reading::Timestamp;
  info.info_times = add(instant, expr, at);
  if (once) {
    info.info = add(plan::Repeat{info.info}, expr, grid);
    info.info_times = add(plan::Repeat{info.info_times}, expr, grid);
  }
  return add(std::move(info), expr, grid);
}

}  // namespace gnomon::promql
