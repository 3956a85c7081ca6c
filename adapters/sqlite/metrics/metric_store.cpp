#include "adapters/sqlite/metrics/metric_store.h"

#include <mutex>
#include <shared_mutex>
#include <utility>

#include "adapters/blocks/metrics/catalog.h"
#include "adapters/blocks/metrics/chunk_selection.h"
#include "adapters/blocks/metrics/log_record.h"
#include "adapters/sqlite/metrics/state.h"
#include "adapters/sqlite/metrics/upkeep.h"
#include "src/base/limits.h"

namespace gnomon::sqlite {

namespace {

// Reads the keys of one window only.
Result<blocks::ChunkCatalog::SeriesSet> read_series(const std::string& path,
                                                    const blocks::ChunkTable& table, int64_t window,
                                                    const std::stop_token& stop) {
  TRY(Connection connection, Connection::open(path, Connection::Mode::ReadOnly));
  const Interrupting interrupting(connection, stop);
  TRY(Query query, connection.prepare("SELECT key FROM " + std::string(table.name) +
                                      " WHERE key BETWEEN ?1 AND ?2 ORDER BY key"));
  query.bind(1, blocks::chunk_key(window, 0)).bind(2, blocks::chunk_key(window, UINT32_MAX));
  blocks::ChunkCatalog::SeriesSet set;
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return set;
    set.resize(blocks::series_of_key(query.integer(0)) + size_t{1}, false);
    set.back() = true;
  }
}

void count(const Database& database, std::map<std::string, double>& counters) {
  const Database::Counts counts = database.counts();
  counters["gnomon_store_log_bytes"] =
      static_cast<double>(database.log_bytes(storage::Signal::Metrics));
  counters["gnomon_store_log_written_bytes_total"] = static_cast<double>(counts.log_bytes);
  counters["gnomon_store_commits_total"] = static_cast<double>(counts.commits);
}

std::vector<blocks::Statement> describe(const std::string&, const blocks::ChunkTable& table,
                                        int64_t window, std::span<const storage::SeriesId> ids) {
  return blocks::read_chunks(blocks::kSqlite, table, {&window, 1}, ids);
}

}  // namespace

struct SqliteMetricStore::Parts {
  explicit Parts(Database& database) : state(database) {}

  State state;
  Upkeep upkeep{state};
  blocks::ChunkCatalog catalog{
      state,
      [this](const blocks::ChunkTable& table, int64_t window, const std::stop_token& stop) {
        return read_series(state.database.path(), table, window, stop);
      },
      [this](auto& counters) { count(state.database, counters); }};
};

SqliteMetricStore::SqliteMetricStore(Database& database)
    : parts_(std::make_unique<Parts>(database)) {}

SqliteMetricStore::~SqliteMetricStore() = default;

const storage::Capabilities& SqliteMetricStore::capabilities() const {
  static const storage::Capabilities kNone;
  return kNone;
}

Result<model::WriteOutcome> SqliteMetricStore::append(const model::WriteBatch& batch,
                                                      std::stop_token stop) {
  if (batch.rows.empty() && batch.metadata.empty()) return model::WriteOutcome{};
  State& state = parts_->state;
  if (!state.gate.lock_shared(stop)) return base::canceled();
  const std::shared_lock pass(state.gate, std::adopt_lock);
  std::vector<model::LabelsView> labels;
  labels.reserve(batch.rows.size());
  for (const auto& row : batch.rows) labels.push_back(batch.labels(row));
  Write write;
  write.batch = &batch;
  write.stop = std::move(stop);
  std::vector<uint32_t> added;
  TRY_VOID(state.index.find_or_add(labels, write.ids, added));
  for (storage::SeriesId id : write.ids) {
    if (static_cast<uint32_t>(id) < base::kSeriesMax) continue;
    return Error{ErrorKind::Unavailable,
                 "the store has given all its " + std::to_string(base::kSeriesMax) +
                     " series ids; gnomon migrate copies what it has into a new one"};
  }
  blocks::encode_log_record(batch, write.ids, write.record);
  TRY_VOID(state.database.write(write));
  return std::move(write.outcome);
}

Result<std::unique_ptr<storage::Selection>> SqliteMetricStore::select(
    const storage::Fragment& fragment, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  State& state = parts_->state;
  const auto head = state.head.snapshot();  // before the windows, see storage::Head
  return std::unique_ptr<storage::Selection>(std::make_unique<blocks::ChunkSelection>(
      state.cache, fragment, *head, state.sealed_windows.get(),
      state.index.match(fragment.matchers), describe, state.database.path()));
}

storage::Catalog& SqliteMetricStore::catalog() { return parts_->catalog; }

Result<void> SqliteMetricStore::remove(const storage::CatalogQuery& what, std::stop_token stop) {
  return parts_->upkeep.remove(what, stop);
}

Result<void> SqliteMetricStore::load(Connection& connection) {
  return parts_->state.load(connection);
}

Result<void> SqliteMetricStore::replay(uint64_t seq, std::string_view record) {
  return parts_->state.replay(seq, record);
}

Result<void> SqliteMetricStore::store(Transaction& transaction,
                                      std::span<blocks::LogWrite* const> writes) {
  return parts_->state.store(transaction, writes);
}

void SqliteMetricStore::apply(blocks::LogWrite& write) {
  parts_->state.apply(static_cast<Write&>(write));
}

Result<void> SqliteMetricStore::maintain(Maintenance how) { return parts_->upkeep.run(how); }

}  // namespace gnomon::sqlite
