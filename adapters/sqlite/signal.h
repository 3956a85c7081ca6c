#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/blocks/log_write.h"
#include "adapters/sqlite/connection.h"
#include "src/base/result.h"

namespace gnomon::sqlite {

// The transaction that puts a group of writes into the log, on the one connection that writes.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Connection& connection() { return connection_; }
  // `undo` runs when the transaction is rolled back: for what was changed in memory along with it.
  void on_rollback(std::function<void()> undo) { undo_.push_back(std::move(undo)); }

 private:
  friend class Database;
  Connection& connection_;
  std::vector<std::function<void()>> undo_;
};

// How thorough maintenance is: what is due; all that can be sealed; that, and what is worth doing
// before the file is closed.
enum class Maintenance : uint8_t { Due, Everything, Closing };

// What one signal does with its part of a database: its tables, its records in the log, and what it
// keeps in memory of both. The database calls it; it must outlive the database's close().
class Signal {
 public:
  virtual ~Signal() = default;
  // At start, before any record: reads the signal's tables. The connection only reads.
  virtual Result<void> load(Connection& connection) = 0;
  // At start: one of its records that the log still has, in the order of seq. The record is valid
  // during the call.
  virtual Result<void> replay(uint64_t seq, std::string_view record) = 0;
  // In the transaction that appends the records of `writes`, all of this signal, numbered already:
  // stores what they have besides. One transaction at a time.
  virtual Result<void> store(Transaction& transaction,
                             std::span<blocks::LogWrite* const> writes) = 0;
  // After the commit, in the order of seq, with Database::apply_mutex() held: makes it visible.
  virtual void apply(blocks::LogWrite& write) = 0;
  // Seals, merges and expires. Seals by Database::transact(), which also frees the log by
  // Database::release_log(). Any thread.
  virtual Result<void> maintain(Maintenance how) = 0;
};

}  // namespace gnomon::sqlite
