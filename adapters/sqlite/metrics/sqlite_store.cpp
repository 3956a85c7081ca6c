#include "adapters/sqlite/metrics/sqlite_store.h"

#include <utility>

#include "adapters/blocks/metrics/catalog.h"
#include "adapters/blocks/metrics/chunk_selection.h"
#include "adapters/blocks/metrics/log_record.h"
#include "adapters/sqlite/metrics/state.h"
#include "adapters/sqlite/metrics/upkeep.h"
#include "adapters/sqlite/schema.h"
#include "src/base/limits.h"
#include "src/base/log.h"

namespace gnomon::sqlite {

namespace {

// Reads the keys of one window only.
Result<blocks::ChunkCatalog::SeriesSet> read_series(const std::string& path,
                                                    const blocks::ChunkTable& table,
                                                    int64_t window) {
  TRY(Connection connection, Connection::open(path, Connection::Mode::ReadOnly));
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

void count(const Writer& writer, std::map<std::string, double>& counters) {
  const blocks::CommitQueue::Counts counts = writer.counts();
  counters["gnomon_store_log_written_bytes_total"] = static_cast<double>(counts.log_bytes);
  counters["gnomon_store_commits_total"] = static_cast<double>(counts.commits);
}

std::vector<blocks::Statement> describe(const std::string&, const blocks::ChunkTable& table,
                                        int64_t window, std::span<const storage::SeriesId> ids) {
  return blocks::read_chunks(blocks::kSqlite, table, {&window, 1}, ids);
}

}  // namespace

struct SqliteStore::Parts {
  State state;
  Upkeep upkeep{state};
  blocks::ChunkCatalog catalog{
      state,
      [this](const blocks::ChunkTable& table, int64_t window, const std::stop_token&) {
        return read_series(state.path, table, window);
      },
      [this](auto& counters) { count(state.writer, counters); }};
};

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path,
                                                       const storage::StoreOptions& options) {
  TRY(FileLock lock, FileLock::acquire(path));
  TRY(Connection connection, Connection::open(path, Connection::Mode::Create));
  TRY_VOID(open_schema(connection, path));
  TRY_VOID(configure_writer(connection));
  TRY(Connection reader, Connection::open(path, Connection::Mode::ReadOnly));
  std::unique_ptr<Parts> parts(
      new Parts{.state{path, options, std::move(lock), std::move(connection)}});
  TRY_VOID(load(parts->state, reader));
  if (options.background) parts->upkeep.start();
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(parts)));
}

SqliteStore::~SqliteStore() {
  const auto closed = parts_->upkeep.close();
  // Nothing is lost: the next start replays the log.
  if (!closed.ok()) {
    base::log(base::LogLevel::Error, "the store was not sealed",
              {{"error", closed.error().message}});
  }
}

const storage::Capabilities& SqliteStore::capabilities() const {
  static const storage::Capabilities kNone;
  return kNone;
}

Result<model::WriteOutcome> SqliteStore::append(const model::WriteBatch& batch,
                                                std::stop_token stop) {
  if (batch.rows.empty() && batch.metadata.empty()) return model::WriteOutcome{};
  if (stop.stop_requested()) return base::canceled();
  State& state = parts_->state;
  const std::shared_lock pass(state.gate);
  std::vector<model::LabelsView> labels;
  labels.reserve(batch.rows.size());
  for (const auto& row : batch.rows) labels.push_back(batch.labels(row));
  Write write;
  write.batch = &batch;
  std::vector<uint32_t> added;
  TRY_VOID(state.index.find_or_add(labels, write.ids, added));
  for (storage::SeriesId id : write.ids) {
    if (static_cast<uint32_t>(id) < base::kSeriesMax) continue;
    return Error{ErrorKind::Unavailable,
                 "the store has given all its " + std::to_string(base::kSeriesMax) +
                     " series ids; gnomon migrate copies what it has into a new one"};
  }
  blocks::encode_log_record(batch, write.ids, write.record);
  TRY_VOID(state.writer.write(write));
  return std::move(write.outcome);
}

Result<std::unique_ptr<storage::Selection>> SqliteStore::select(const storage::Fragment& fragment,
                                                                std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  State& state = parts_->state;
  const auto head = state.head.snapshot();  // before the layout, see storage::Head
  return std::unique_ptr<storage::Selection>(std::make_unique<blocks::ChunkSelection>(
      state.cache, fragment, *head, state.sealed_windows.get(),
      state.index.match(fragment.matchers), describe, state.path));
}

storage::Catalog& SqliteStore::catalog() { return parts_->catalog; }

Result<void> SqliteStore::remove(const storage::CatalogQuery& what, std::stop_token stop) {
  if (stop.stop_requested()) return base::canceled();
  return parts_->upkeep.remove(what);
}

Result<void> SqliteStore::maintain(bool everything) { return parts_->upkeep.run(everything); }

Result<void> SqliteStore::limit_pages(int64_t pages) {
  const std::string text = "PRAGMA max_page_count = " + std::to_string(pages);
  return parts_->state.writer.exclusive(
      [&](Connection& connection) { return connection.run(text.c_str()); });
}

}  // namespace gnomon::sqlite
