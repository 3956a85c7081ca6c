#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "adapters/clickhouse/options.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::clickhouse {

// The SQL text of what the catalog asks. Pure. Answers come in RowBinary; strings are sorted.

std::string select_label_names(const Options& options, const storage::CatalogQuery& query);
std::string select_label_values(const Options& options, const storage::CatalogQuery& query,
                                const std::string& label);
// Rows (metric, type, help, unit); `metric` empty: all.
std::string select_metadata(const Options& options, const std::string& metric);
// Rows (id, time, value, labels) of the series of the table `ids`, by series and time.
std::string select_exemplars(const Options& options, const storage::CatalogQuery& query);

// Series and label pairs, as UInt64.
std::string count_series(const Options& options);
// Rows, oldest and newest time, as 8-byte numbers.
std::string count_samples(const Options& options);
// Rows (name, UInt64), largest first.
std::string top_metrics(const Options& options, size_t top);
std::string top_labels(const Options& options, std::string_view aggregate, size_t top);
std::string top_pairs(const Options& options, size_t top);

}  // namespace gnomon::clickhouse
