#pragma once

#include <string>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/options.h"
#include "src/base/result.h"
#include "src/model/sample.h"
#include "src/storage/metrics/reduction.h"

namespace gnomon::clickhouse {

// The PromQL functions that ClickHouse computes on a grid itself, of those that `mode` allows.
std::vector<std::string> native_rollups(NativeRollups mode);
// Those of them that this server has.
Result<std::vector<std::string>> available_rollups(HttpClient& client);

// The aggregate that yields the points of the whole grid: Array(Nullable(Float64)).
std::string rollup_sql(const storage::Rollup& rollup);

}  // namespace gnomon::clickhouse
