#include "adapters/sqlite/database.h"

#include <algorithm>
#include <utility>

#include "adapters/sqlite/schema.h"
#include "src/base/guarded.h"
#include "src/base/limits.h"

namespace gnomon::sqlite {
namespace {

using base::GroupCommit;
using blocks::LogWrite;

constexpr uint64_t kCheckpointBytes = 16u << 20;
constexpr int64_t kVacuumPages = 512;  // of 16 KiB: given back in one transaction

LogWrite& write_of(GroupCommit::Entry* entry) { return static_cast<LogWrite&>(*entry); }

Result<void> in_transaction(Connection& connection, const Database::Body& body) {
  TRY_VOID(connection.run("BEGIN IMMEDIATE"));
  auto result = base::guarded([&] { return body(connection); });
  if (result.ok()) result = connection.run("COMMIT");
  // Fails harmlessly where SQLite has rolled back by itself.
  if (!result.ok()) (void)connection.run("ROLLBACK").ok();
  return result;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path,
                                                 const storage::StoreOptions& options) {
  TRY(FileLock lock, FileLock::acquire(path));
  TRY(Connection connection, Connection::open(path, Connection::Mode::Create));
  TRY_VOID(open_schema(connection, path));
  TRY_VOID(configure_writer(connection));
  return std::unique_ptr<Database>(
      new Database(path, options, std::move(lock), std::move(connection)));
}

Database::Database(std::string path, const storage::StoreOptions& options, FileLock lock,
                   Connection connection)
    : path_(std::move(path)),
      options_(options),
      lock_(std::move(lock)),
      connection_(std::move(connection)),
      commits_({.weight_max = base::kCommitBytesMax},
               {[this](GroupCommit::Group group) { return commit(group); },
                [this](GroupCommit::Group group) -> Result<void> {
                  for (auto* entry : group) {
                    LogWrite& write = write_of(entry);
                    sizes_.add(write.signal, write.seq, write.record.size());
                    signals_.at(write.signal)->apply(write);
                  }
                  return {};
                }}) {}

void Database::add(storage::Signal number, Signal& signal) { signals_.emplace(number, &signal); }

Result<void> Database::start() {
  TRY(Connection reader, Connection::open(path_, Connection::Mode::ReadOnly));
  for (const auto& [number, signal] : signals_) TRY_VOID(signal->load(reader));
  TRY_VOID(replay(reader));
  TRY(insert_log_, connection_.prepare("INSERT INTO log(seq, signal, data) VALUES (?1, ?2, ?3)"));
  if (options_.background) upkeep_.start([this] { return maintain(false); });
  return {};
}

Result<void> Database::replay(Connection& connection) {
  TRY(const int64_t next, get_meta(connection, "next_seq", 1));
  next_seq_ = static_cast<uint64_t>(next);
  TRY(Query query, connection.prepare("SELECT seq, signal, data FROM log ORDER BY seq"));
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return {};
    const auto seq = static_cast<uint64_t>(query.integer(0));
    const auto number = static_cast<storage::Signal>(query.integer(1));
    const std::string_view record = query.blob(2);
    const bool known = static_cast<int64_t>(number) == query.integer(1);  // not cut to a byte
    const auto signal = known ? signals_.find(number) : signals_.end();
    const std::string where = " (log record " + std::to_string(seq) + ")";
    if (signal == signals_.end()) {
      return Error{ErrorKind::Internal, path_ + " has writes of a kind that a newer Gnomon made (" +
                                            std::to_string(query.integer(1)) + ")" + where};
    }
    const auto replayed = signal->second->replay(seq, record);
    if (!replayed.ok()) {
      return Error{replayed.error().kind, path_ + ": " + replayed.error().message + where};
    }
    sizes_.add(number, seq, record.size());
    next_seq_ = std::max(next_seq_, seq + 1);
  }
}

Result<void> Database::write(LogWrite& write) {
  write.weight = write.record.size();
  return commits_.commit(write);
}

Result<void> Database::exclusive(const Body& body, std::stop_token stop) {
  return commits_.exclusive([&] { return body(connection_); }, std::move(stop));
}

Result<void> Database::transact(const Body& body, std::stop_token stop) {
  return exclusive([&](Connection& connection) { return in_transaction(connection, body); },
                   std::move(stop));
}

Result<void> Database::commit(GroupCommit::Group group) {
  const uint64_t seq = next_seq_;
  Transaction transaction(connection_);
  auto result = in_transaction(connection_, [&](Connection&) { return store(transaction, group); });
  if (!result.ok()) {
    next_seq_ = seq;
    for (const auto& undo : transaction.undo_) undo();
  }
  return result;
}

Result<void> Database::store(Transaction& transaction, GroupCommit::Group group) {
  std::map<storage::Signal, std::vector<LogWrite*>> writes;
  for (auto* entry : group) {
    LogWrite& write = write_of(entry);
    write.seq = next_seq_++;
    insert_log_.bind(1, static_cast<int64_t>(write.seq));
    insert_log_.bind(2, static_cast<int64_t>(write.signal)).bind_blob(3, write.record);
    TRY_VOID(insert_log_.run());
    writes[write.signal].push_back(&write);
  }
  for (const auto& [number, some] : writes) {
    TRY_VOID(signals_.at(number)->store(transaction, some));
  }
  return {};
}

Result<void> Database::release_log(Connection& connection, storage::Signal number,
                                   uint64_t needed) {
  TRY(Query query, connection.prepare("DELETE FROM log WHERE seq < ?1 AND signal = ?2"));
  query.bind(1, static_cast<int64_t>(needed)).bind(2, static_cast<int64_t>(number));
  TRY_VOID(query.run());
  // Numbers are not given again when the log is empty at the next start.
  TRY_VOID(set_meta(connection, "next_seq", static_cast<int64_t>(next_seq_)));
  sizes_.release(number, needed);
  return {};
}

Database::Counts Database::counts() const {
  const GroupCommit::Counts counts = commits_.counts();
  return {counts.commits, counts.weight};
}

Result<void> Database::maintain_signals(Maintenance how) {
  for (const auto& [number, signal] : signals_) TRY_VOID(signal->maintain(how));
  return {};
}

Result<void> Database::maintain(bool everything) {
  TRY_VOID(maintain_signals(everything ? Maintenance::Everything : Maintenance::Due));
  return checkpoint();
}

// Copies what was committed into the file, beside the writers; a remainder that came in meanwhile
// is copied between two commits, so that the write-ahead log starts anew instead of growing.
Result<void> Database::checkpoint() {
  const std::lock_guard hold(maintaining_);
  const uint64_t written = counts().log_bytes;
  if (written - log_bytes_copied_ < kCheckpointBytes) return {};
  log_bytes_copied_ = written;
  TRY(Connection connection, Connection::open(path_, Connection::Mode::Create));
  TRY_VOID(connection.run("PRAGMA wal_autocheckpoint = 0"));
  // A connection that has read nothing yet does not know of the log.
  TRY([[maybe_unused]] const int64_t version, connection.integer("PRAGMA schema_version"));
  TRY_VOID(connection.checkpoint(false));
  return exclusive([](Connection& writer) { return writer.checkpoint(false); });
}

Result<void> Database::vacuum() {
  TRY(const int64_t empty, [&]() -> Result<int64_t> {
    TRY(Connection connection, Connection::open(path_, Connection::Mode::ReadOnly));
    return connection.integer("PRAGMA freelist_count");
  }());
  for (int64_t pages = 0; pages < empty; pages += kVacuumPages) {
    TRY_VOID(exclusive([](Connection& connection) {
      const std::string text = "PRAGMA incremental_vacuum(" + std::to_string(kVacuumPages) + ")";
      return connection.run(text.c_str());
    }));
  }
  return {};
}

Result<void> Database::close() {
  upkeep_.stop();
  TRY_VOID(maintain_signals(Maintenance::Closing));
  TRY_VOID(vacuum());
  return exclusive([](Connection& connection) { return connection.checkpoint(true); });
}

Result<void> Database::limit_pages(int64_t pages) {
  const std::string text = "PRAGMA max_page_count = " + std::to_string(pages);
  return exclusive([&](Connection& connection) { return connection.run(text.c_str()); });
}

}  // namespace gnomon::sqlite
