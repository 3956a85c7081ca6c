#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "adapters/clickhouse/changes.h"
#include "adapters/clickhouse/schema.h"
#include "src/base/group_commit.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

class Signal;

// A write request in a database's group commit; a signal derives its own from it. `weight`: rows.
struct Entry : base::GroupCommit::Entry {
  explicit Entry(Signal& its_signal) : signal(its_signal) {}
  Signal& signal;
  Result<void> result{};  // what became of its rows
};

// What one kind of data (metrics, logs, traces) is to its database. See Database::add().
class Signal {
 public:
  Signal() = default;
  virtual ~Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Constant, valid as long as the database; the last one is made last.
  virtual std::span<const Table> tables() const = 0;
  // A SELECT of one String column `fact` that the poller asks along with what changed: rows that
  // say what is true of the signal's whole data, few and never taken back. "": none.
  virtual std::string select_facts() const { return {}; }
  // All of its rows, each time they were asked for; one call at a time.
  virtual void learn(std::span<const std::string_view>) {}
  // Writes the rows of this signal's entries of a group, with one INSERT per table: durable when it
  // returns. Runs on the thread of the group's leader, one group of the database at a time. An
  // error is that of all of these entries; rows may be there then. `abandoned` fires when the stops
  // of all of them have: end soon, with Unavailable.
  virtual Result<void> insert(std::span<Entry* const> entries, std::stop_token abandoned) = 0;

  Changes& changes() { return changes_; }
  const Changes& changes() const { return changes_; }

 private:
  Changes changes_;
};

}  // namespace gnomon::clickhouse
