#include "adapters/postgres/metrics/postgres_store.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "adapters/blocks/metrics/catalog.h"
#include "adapters/blocks/metrics/chunk_selection.h"
#include "adapters/postgres/metrics/chunk_pages.h"
#include "adapters/postgres/metrics/metrics_signal.h"
#include "adapters/postgres/metrics/state.h"
#include "adapters/postgres/metrics/tables.h"
#include "adapters/postgres/metrics/upkeep.h"

namespace gnomon::postgres {

struct PostgresStore::Parts {
  MetricsState state;
  MetricsUpkeep upkeep{state};
  MetricsSignal signal{state, upkeep};
  blocks::ChunkCatalog catalog{
      state,
      [this](const blocks::ChunkTable& table, int64_t window, const std::stop_token& stop) {
        return series_of(table, window, stop);
      },
      [this](auto& counters) { count(counters); }};

  Result<blocks::ChunkCatalog::SeriesSet> series_of(const blocks::ChunkTable& table, int64_t window,
                                                    const std::stop_token& stop) {
    TRY(const auto lease, state.database.lease(stop));
    return read_members(*lease, state.schema(), table, window);
  }

  void count(std::map<std::string, double>& counters) const {
    const Database::Counts counts = state.database.counts();
    counters["gnomon_store_log_written_bytes_total"] = static_cast<double>(counts.written.weight);
    counters["gnomon_store_commits_total"] = static_cast<double>(counts.written.commits);
    counters["gnomon_store_log_bytes"] = static_cast<double>(counts.log_bytes);
    counters["gnomon_store_log_seq"] = static_cast<double>(counts.seq);
    counters["gnomon_store_sealer"] = counts.sealer ? 1 : 0;
  }
};

PostgresStore::PostgresStore(Database& database, const storage::StoreOptions& options)
    : parts_(new Parts{.state{database, options}}) {
  database.add(parts_->signal, metrics_tables());
}

PostgresStore::~PostgresStore() { parts_->state.database.close(); }

const storage::Capabilities& PostgresStore::capabilities() const {
  static const storage::Capabilities kNone;
  return kNone;
}

Result<model::WriteOutcome> PostgresStore::append(const model::WriteBatch& batch,
                                                  std::stop_token stop) {
  if (batch.rows.empty() && batch.metadata.empty()) return model::WriteOutcome{};
  if (stop.stop_requested()) return base::canceled();
  MetricsState& state = parts_->state;
  MetricsRequest request;
  request.signal = storage::Signal::Metrics;
  request.stop = std::move(stop);
  request.write.batch = &batch;
  request.guard = static_cast<int64_t>(state.erasures());
  bool known = true;
  request.write.ids.reserve(batch.rows.size());
  for (const auto& row : batch.rows) {
    const auto id = state.index.find(batch.labels(row));
    known = id.has_value();
    if (!known) break;
    request.write.ids.push_back(*id);
  }
  // Also where there is more to store: its size says how large a commit becomes.
  if (known) put_record(batch, request.write.ids, request.record);
  request.complete = known && batch.exemplars.empty() &&
                     std::all_of(batch.metadata.begin(), batch.metadata.end(),
                                 [&](const auto& entry) { return state.metadata.has(entry); });
  request.weight = request.record.size();
  TRY_VOID(state.database.committer().write(request));
  return std::move(request.write.outcome);
}

Result<std::unique_ptr<storage::Selection>> PostgresStore::select(const storage::Fragment& fragment,
                                                                  std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  MetricsState& state = parts_->state;
  TRY_VOID(state.database.follow_when_behind(stop));
  StoppableMutex& gate = state.database.log().snapshot_gate();
  if (!gate.lock_shared(stop)) return base::canceled();
  const std::shared_lock pass(gate, std::adopt_lock);
  if (state.database.log().broken()) {
    return Error{ErrorKind::Unavailable, "this server is reading the log anew; try again"};
  }
  const auto head = state.head.snapshot();  // before the layout, see storage::Head
  return std::unique_ptr<storage::Selection>(std::make_unique<blocks::ChunkSelection>(
      state.cache, fragment, *head, state.sealed_windows.get(),
      state.index.match(fragment.matchers),
      [](const std::string& schema, const blocks::ChunkTable& table, int64_t window,
         std::span<const storage::SeriesId> ids) { return read_pages(schema, table, window, ids); },
      state.schema()));
}

storage::Catalog& PostgresStore::catalog() { return parts_->catalog; }

Result<void> PostgresStore::remove(const storage::CatalogQuery& what, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  return parts_->upkeep.remove(what, stop);
}

Result<void> PostgresStore::maintain(bool everything) {
  return parts_->state.database.maintain(everything);
}

Result<void> PostgresStore::follow() { return parts_->state.database.follow({}); }

}  // namespace gnomon::postgres
