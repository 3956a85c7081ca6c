#include "adapters/clickhouse/metrics/rollups.h"

#include <array>
#include <string_view>

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

}  // namespace gnomon::clickhouse
