#pragma once

#include <memory>
#include <string>

#include "adapters/backends.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon {

// The metrics of the database that a URL names; it is closed when the last copy of the pointer
// goes.
inline Result<std::shared_ptr<storage::MetricStore>> open_metrics(
    const std::string& url, const storage::StoreOptions& options) {
  TRY(std::shared_ptr<storage::Database> database, adapters::open_database(url, options));
  storage::MetricStore* metrics = &database->metrics();
  return std::shared_ptr<storage::MetricStore>(std::move(database), metrics);
}

}  // namespace gnomon
