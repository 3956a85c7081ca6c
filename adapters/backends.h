#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/base/result.h"
#include "src/storage/metric_store.h"
#include "src/storage/store_options.h"

namespace gnomon::adapters {

// Opens the store a URL names: sqlite:PATH, sqlite:///PATH, memory:. An unknown scheme is a BadData
// error that lists the known ones. Closing (the destructor) makes everything compact and durable.
Result<std::unique_ptr<storage::MetricStore>> open_store(const std::string& url,
                                                         const storage::StoreOptions& options);

// "sqlite:PATH", "memory:": one per backend, for --help.
std::vector<std::string> store_url_forms();

}  // namespace gnomon::adapters
