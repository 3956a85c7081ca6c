#include "adapters/clickhouse/metrics/statements.h"

#include <algorithm>

#include "adapters/clickhouse/metrics/rollups.h"
#include "adapters/clickhouse/metrics/series_id.h"
#include "adapters/clickhouse/schema.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

using model::Matcher;
using model::MatchKind;
using storage::Fragment;

// Date32: 1900-01-01 to 2299-12-31.
constexpr int64_t kDayMin = -25'567;
constexpr int64_t kDayMax = 120'529;

std::string label_sql(const std::string& name) {
  return name == model::kMetricName ? "metric" : "labels[" + quoted(name) + "]";
}

std::string equals_any(const std::string& label, const std::vector<std::string>& values) {
  if (values.size() == 1) return label + " = " + quoted(values.front());
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ", ") + quoted(value);
  return label + " IN (" + list + ")";
}

// ClickHouse's RE2 agrees with ours where every character is a byte.
std::string regex_sql(const std::string& label, const Matcher& matcher) {
  const std::string negative = matcher.kind() == MatchKind::NotRegex ? "NOT " : "";
  return "(" + negative + "match(" + label + ", " + quoted("^(?s:" + matcher.value() + ")$") +
         ") OR length(" + label + ") != lengthUTF8(" + label + "))";
}

Condition condition_of(const Matcher& matcher) {
  const std::string label = label_sql(matcher.name());
  switch (matcher.kind()) {
    case MatchKind::Equal:
      return {label + " = " + quoted(matcher.value()), true};
    case MatchKind::NotEqual:
      return {label + " != " + quoted(matcher.value()), true};
    case MatchKind::Regex:
      if (!matcher.literals().empty()) return {equals_any(label, matcher.literals()), true};
      if (matcher.value() == ".*") return {"1", true};
      if (matcher.value() == ".+") return {label + " != ''", true};
      return {regex_sql(label, matcher), false};
    case MatchKind::NotRegex:
      if (matcher.value() == ".*") return {"0", true};
      if (matcher.value() == ".+") return {label + " = ''", true};
      return {regex_sql(label, matcher), false};
  }
  return {"1", false};
}

std::string time_sql(int64_t time_ms) {
  return "fromUnixTimestamp64Milli(toInt64(" + std::to_string(time_ms) + "))";
}

std::string id_sql(const SeriesId& id) { return "toUInt128('" + to_decimal(id) + "')"; }

std::string key_sql(size_t key_bytes) {
  if (key_bytes == 4) return "toUInt32(id)";
  return key_bytes == 8 ? "toUInt64(id)" : "id";
}

// Which series, and when.
std::string where(const Fragment& fragment, const SampleQuery& query) {
  std::string sql = " WHERE ";
  const std::string* metric = metric_of(fragment.matchers);
  if (metric != nullptr) {
    const IdRange range = ids_of_metric(*metric);
    sql += "id BETWEEN " + id_sql(range.first) + " AND " + id_sql(range.last);
  }
  if (!query.all_of_metric) sql += std::string(metric != nullptr ? " AND " : "") + "id IN ids";
  return sql + time_condition(fragment.min_time_ms, fragment.max_time_ms);
}

// Shorter cells hold so few samples that sending all of them costs less than grouping.
constexpr int64_t kLongCellMs = 1'800'000;

int64_t cell_ms(const Fragment& fragment, const model::TimeGrid& grid) {
  return grid.steps() > 1 ? grid.step_ms : grid.start_ms - fragment.min_time_ms;
}

constexpr const char* kMilli = "toUnixTimestamp64Milli(time)";

std::string sliver_condition(const storage::Windows& windows) {
  const std::string last = std::to_string(windows.grid.last());
  return " AND " + std::string(kMilli) + " <= " + last + " AND positiveModulo(" + last + " - " +
         kMilli + ", " + std::to_string(windows.grid.step_ms) + ") < " +
         std::to_string(windows.window_ms);
}

// The number of the cell (t - step, t] a sample lies in.
std::string cell_sql(const model::TimeGrid& grid) {
  const std::string start = std::to_string(grid.start_ms);
  return "if(" + std::string(kMilli) + " <= " + start + ", 0, intDiv(" + kMilli + " - " + start +
         " - 1, " + std::to_string(grid.step_ms) + ") + 1)";
}

}  // namespace

int32_t day_of(int64_t time_ms) {
  return static_cast<int32_t>(
      std::clamp(storage::window_of(time_ms, storage::kDayMs), kDayMin, kDayMax));
}

Condition condition_of(const model::Matchers& matchers) {
  Condition all;
  for (const Matcher& matcher : matchers) {
    const Condition one = condition_of(matcher);
    all.sql += (all.sql.empty() ? "" : " AND ") + one.sql;
    all.exact = all.exact && one.exact;
  }
  if (all.sql.empty()) all.sql = "1";
  return all;
}

Condition condition_of(const std::vector<model::Matchers>& sets) {
  if (sets.size() == 1) return condition_of(sets.front());
  Condition any;
  for (const model::Matchers& matchers : sets) {
    const Condition one = condition_of(matchers);
    any.sql += (any.sql.empty() ? "(" : " OR ") + one.sql;
    any.exact = any.exact && one.exact;
  }
  any.sql = any.sql.empty() ? "1" : any.sql + ")";
  return any;
}

std::string day_condition(int64_t min_time_ms, int64_t max_time_ms) {
  const int32_t first = day_of(min_time_ms);
  const int32_t last = day_of(max_time_ms);
  if (first == kDayMin && last == kDayMax) return "";
  return " AND day BETWEEN toDate32(" + std::to_string(first) + ") AND toDate32(" +
         std::to_string(last) + ")";
}

std::string select_series(const Options& options, const storage::CatalogQuery& query) {
  return "SELECT id, metric, labels FROM " + table_name(options, "series") + " WHERE " +
         condition_of(query.matcher_sets).sql +
         day_condition(query.min_time_ms, query.max_time_ms) + " LIMIT 1 BY id FORMAT RowBinary";
}

std::string time_condition(int64_t min_time_ms, int64_t max_time_ms) {
  std::string sql;
  if (min_time_ms > storage::kStoreTimeMin) sql += " AND time >= " + time_sql(min_time_ms);
  if (max_time_ms < storage::kStoreTimeMax) sql += " AND time <= " + time_sql(max_time_ms);
  return sql;
}

std::string select_samples(const Options& options, const Fragment& fragment,
                           const SampleQuery& query) {
  const std::string key = key_sql(query.key_bytes);
  const std::string from = " FROM " + table_name(options, "samples");
  if (const auto* rollup = std::get_if<storage::Rollup>(&fragment.reduction)) {
    return "SELECT " + key + " AS key, " + rollup_sql(*rollup) + ", countIf(NOT isFinite(value))" +
           from + " FINAL" + where(fragment, query) +
           " AND reinterpretAsUInt64(value) != 0x7ff0000000000002 GROUP BY key FORMAT Native";
  }
  const auto* last = std::get_if<storage::LastPerStep>(&fragment.reduction);
  if (last != nullptr && reduces_much(fragment)) {
    const std::string newest = "(time, version)";
    return "SELECT " + key + " AS key, max(time), argMax(value, " + newest + ")" +
           (query.starts ? ", argMax(start, " + newest + ")" : "") + from + where(fragment, query) +
           " GROUP BY key, " + cell_sql(last->grid) + " FORMAT Native";
  }
  std::string sql = "SELECT " + key + ", time, value" + (query.starts ? ", start" : "") + from +
                    where(fragment, query);
  if (const auto* windows = std::get_if<storage::Windows>(&fragment.reduction)) {
    sql += sliver_condition(*windows);
  }
  return sql + " FORMAT Native";
}

bool reduces_much(const Fragment& fragment) {
  if (const auto* last = std::get_if<storage::LastPerStep>(&fragment.reduction)) {
    return cell_ms(fragment, last->grid) >= kLongCellMs;
  }
  const auto* windows = std::get_if<storage::Windows>(&fragment.reduction);
  return windows != nullptr && windows->grid.step_ms / 4 >= windows->window_ms;
}

std::string select_histograms(const Options& options, const Fragment& fragment,
                              const SampleQuery& query) {
  return "SELECT " + key_sql(query.key_bytes) + ", time, data FROM " +
         table_name(options, "histograms") + where(fragment, query) +
         " ORDER BY id, time, version DESC FORMAT RowBinary";
}

std::string select_exact(const Options& options, std::string_view id, int64_t min_time_ms,
                         int64_t max_time_ms) {
  return "SELECT time, argMax(value, version), argMax(start, version) FROM " +
         table_name(options, "samples") + " WHERE id = toUInt128('" + std::string(id) + "')" +
         time_condition(min_time_ms, max_time_ms) + " GROUP BY time ORDER BY time FORMAT Native";
}

std::vector<std::pair<std::string, std::string>> read_settings(const Fragment& fragment) {
  if (!std::holds_alternative<storage::Rollup>(fragment.reduction)) return {};
  return {{"allow_experimental_ts_to_grid_aggregate_function", "1"}};
}

const std::string* metric_of(const model::Matchers& matchers) {
  for (const Matcher& matcher : matchers) {
    if (matcher.kind() == MatchKind::Equal && matcher.name() == model::kMetricName) {
      return &matcher.value();
    }
  }
  return nullptr;
}

}  // namespace gnomon::clickhouse
