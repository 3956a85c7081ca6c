#pragma once

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/known_series.h"
#include "adapters/clickhouse/series_list.h"
#include "src/base/result.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::clickhouse {

// Deletes the samples, and the series that have none left; durable when it returns. Nobody of this
// server may write meanwhile.
Result<void> remove_samples(HttpClient& client, const storage::CatalogQuery& what,
                            KnownSeries& known);

}  // namespace gnomon::clickhouse
