#pragma once

#include <stop_token>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/metrics/known_series.h"
#include "adapters/clickhouse/metrics/series_list.h"
#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::clickhouse {

// Deletes the samples, and the series that have none left; durable when it returns. REQUIRES: this
// server writes nothing meanwhile. Canceled within a moment of `stop`, also while ClickHouse
// deletes: a deletion that it has begun it ends by itself, later; samples and series that were not
// reached are left, and asking again deletes them.
Result<void> remove_samples(HttpClient& client, const storage::CatalogQuery& what,
                            KnownSeries& known, const std::stop_token& stop);

}  // namespace gnomon::clickhouse
