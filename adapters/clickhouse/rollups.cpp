#include "adapters/clickhouse/rollups.h"

#include <array>
#include <string_view>

namespace gnomon::clickhouse {
namespace {

struct NativeRollup {
  std::string_view function;  // PromQL's
  std::string_view sql;       // ClickHouse's
  bool exact;                 // the same bits as ours; else within 1e-12
};
constexpr std::array kRollups = {
    NativeRollup{"delta", "timeSeriesDeltaToGrid", false},
    NativeRollup{"rate", "timeSeriesRateToGrid", false},
};

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

std::string rollup_sql(const storage::Rollup& rollup) {
  std::string_view function;
  for (const NativeRollup& row : kRollups) {
    if (row.function == rollup.function) function = row.sql;
  }
  const model::TimeGrid& grid = rollup.grid;
  return std::string(function) + "(fromUnixTimestamp64Milli(" + std::to_string(grid.start_ms) +
         "), fromUnixTimestamp64Milli(" + std::to_string(grid.last()) + "), " +
         seconds(grid.step_ms) + ", " + seconds(rollup.window_ms) + ")(time, value)";
}

}  // namespace gnomon::clickhouse
