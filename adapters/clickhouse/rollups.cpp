#include "adapters/clickhouse/rollups.h"

#include <array>
#include <string_view>

#include "src/functions/table.h"
#include "src/model/annotations.h"
#include "src/model/column.h"

namespace gnomon::clickhouse {
namespace {

struct NativeRollup {
  std::string_view function;  // PromQL's
  std::string_view sql;       // ClickHouse's
  bool exact;                 // the same bits as ours; else within 1e-12
};
// Compared on samples that are all finite. ClickHouse also has deriv, whose times are another unit
// than seconds, and predict_linear, whose argument the seam does not know.
constexpr std::array kRollups = {
    NativeRollup{"changes", "timeSeriesChangesToGrid", true},
    NativeRollup{"delta", "timeSeriesDeltaToGrid", false},
    NativeRollup{"idelta", "timeSeriesInstantDeltaToGrid", true},
    NativeRollup{"increase", "timeSeriesIncreaseToGrid", false},
    NativeRollup{"irate", "timeSeriesInstantRateToGrid", false},
    NativeRollup{"last_over_time", "timeSeriesLastToGrid", true},
    NativeRollup{"rate", "timeSeriesRateToGrid", false},
    NativeRollup{"resets", "timeSeriesResetsToGrid", true},
};

std::string_view native_name(std::string_view function) {
  for (const NativeRollup& row : kRollups) {
    if (row.function == function) return row.sql;
  }
  return {};
}

// DateTime64(3) constants; milliseconds as decimal seconds.
std::string seconds(int64_t ms) { return "toDecimal64(" + std::to_string(ms) + ", 3) / 1000"; }

}  // namespace

std::vector<std::string> native_rollups(NativeRollups mode) {
  std::vector<std::string> out;
  for (const NativeRollup& rollup : kRollups) {
    const bool wanted = mode == NativeRollups::On || (mode == NativeRollups::Auto && rollup.exact);
    if (wanted) out.emplace_back(rollup.function);
  }
  return out;
}

Result<std::vector<std::string>> available_rollups(HttpClient& client) {
  std::vector<std::string> wanted = native_rollups(client.options().native_rollups);
  if (wanted.empty()) return wanted;
  TRY(const std::string names,
      client.fetch({.sql = "SELECT name FROM system.functions WHERE startsWith(name, "
                           "'timeSeries') FORMAT TSVRaw"}));
  std::erase_if(wanted, [&](const std::string& function) {
    return names.find(std::string(native_name(function)) + "\n") == std::string::npos;
  });
  return wanted;
}

std::string rollup_sql(const storage::Rollup& rollup) {
  const model::TimeGrid& grid = rollup.grid;
  return std::string(native_name(rollup.function)) + "(fromUnixTimestamp64Milli(" +
         std::to_string(grid.start_ms) + "), fromUnixTimestamp64Milli(" +
         std::to_string(grid.last()) + "), " + seconds(grid.step_ms) + ", " +
         seconds(rollup.window_ms) + ")(time, value)";
}

void roll_up(const storage::Rollup& rollup, model::SampleBlock& block) {
  std::vector<int64_t> times;
  std::vector<double> values;
  for (size_t i = 0; i < block.times.size(); ++i) {
    if (model::is_stale(block.values[i])) continue;
    times.push_back(block.times[i]);
    values.push_back(block.values[i]);
  }
  model::Annotations annotations;  // these functions make none of floats
  functions::RollupContext context;
  context.grid = context.eval_grid = rollup.grid;
  context.range_ms = rollup.window_ms;
  context.annotations = &annotations;
  model::Column column;
  column.reset(rollup.grid.steps());
  functions::find_function(rollup.function)->rollup({times, values, {}, {}}, context, column);
  block.clear();
  for (size_t step = 0; step < column.steps(); ++step) {
    if (!column.has_float(step)) continue;
    block.times.push_back(rollup.grid.at(step));
    block.values.push_back(column.values[step]);
  }
}

}  // namespace gnomon::clickhouse
