#pragma once

#include <optional>
#include <vector>

#include "adapters/postgres/metrics/state.h"
#include "src/storage/metrics/metric_store.h"

namespace gnomon::postgres {

// What changes chunks. Each is the body of a transaction for Committer::act(), which only one
// server runs at a time; it works with what the database says, not with what is in memory. `stop`
// is the one that the connection obeys.

// Writes a frozen window of the head into chunks, merged with those that are there. Nothing when
// another server has done it.
Result<std::optional<Control>> seal_window(MetricsState& state, Connection& connection,
                                           const storage::HeadWindow& window);

// Merges the windows of the oldest day that is over at `time_ms` into one chunk per series. The
// windows stay for those who still read them. Nothing when there is no such day.
Result<std::optional<Control>> merge_day(MetricsState& state, Connection& connection,
                                         int64_t time_ms, const std::stop_token& stop);

// Gives up the windows that end before `time_ms`; `marks`: the series that lose samples.
using Marks = std::vector<bool>;  // by series id
Result<std::optional<Control>> expire(MetricsState& state, Connection& connection, int64_t time_ms,
                                      Marks& marks, const std::stop_token& stop);

// Deletes samples by rewriting chunks. What is in the head stays.
Result<std::optional<Control>> remove(MetricsState& state, Connection& connection,
                                      const storage::CatalogQuery& what, Marks& marks,
                                      const std::stop_token& stop);

// Unmarks the series that have samples in the head or in a window other than `looked_at`.
Result<void> unmark(MetricsState& state, Connection& connection,
                    const MetricsState::StoredMap& looked_at, Marks& marks);
// Forgets those of the marked series that have no samples. For Options::alone.
Result<std::optional<Control>> forget(MetricsState& state, Connection& connection,
                                      const MetricsState::StoredMap& looked_at, Marks marks);

}  // namespace gnomon::postgres
