#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/clickhouse/options.h"
#include "src/model/matcher.h"
#include "src/storage/metrics/fragment.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::clickhouse {

// The SQL text of everything that is asked. Pure.

// Series rows are kept per day: the day of a time, 1900 to 2299.
int32_t day_of(int64_t time_ms);

// A condition that every series that satisfies the matchers satisfies. `exact`: and no other.
struct Condition {
  std::string sql;
  bool exact = true;
};
Condition condition_of(const model::Matchers& matchers);
// The union of the sets; without sets: every series.
Condition condition_of(const std::vector<model::Matchers>& sets);

// "" or " AND day BETWEEN ...".
std::string day_condition(int64_t min_time_ms, int64_t max_time_ms);

// Rows (id, metric, labels) in RowBinary; a series may come twice.
std::string select_series(const Options& options, const storage::CatalogQuery& query);

// How the samples of some series are read. Rows of a series come in runs that ascend in time, the
// runs in any order.
struct SampleQuery {
  size_t key_bytes = 4;        // of the ids in the answer
  bool starts = false;         // with start times
  bool all_of_metric = false;  // every series of the one metric, not those of the table `ids`
};
// Columns key, time, value[, start]; with a Rollup: key, points, samples that are NaN or infinite.
// Native.
std::string select_samples(const Options& options, const storage::Fragment& fragment,
                           const SampleQuery& query);
// Whether select_samples() leaves out most of the samples of the range.
bool reduces_much(const storage::Fragment& fragment);
// Columns key, time, data as RowBinary.
std::string select_histograms(const Options& options, const storage::Fragment& fragment,
                              const SampleQuery& query);
// Columns time, value, start of one series: of different samples at one time the first written.
// Native.
std::string select_exact(const Options& options, std::string_view id, int64_t min_time_ms,
                         int64_t max_time_ms);

// " AND `time` within the range".
std::string time_condition(int64_t min_time_ms, int64_t max_time_ms);

// What ClickHouse must be told to run select_samples().
std::vector<std::pair<std::string, std::string>> read_settings(const storage::Fragment& fragment);

// The name of the one metric that the matchers select, if they do: with `=` and a value.
const std::string* metric_of(const model::Matchers& matchers);

}  // namespace gnomon::clickhouse
