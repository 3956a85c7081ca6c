#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/postgres/connection.h"
#include "src/base/group_commit.h"
#include "src/base/result.h"
#include "src/storage/signal.h"

namespace gnomon::postgres {

// A write on its way into the log. The signal's own type derives from it.
struct Request : base::GroupCommit::Entry {
  // What it adds to the row of its group: rows hold the records of several writes, one behind the
  // other.
  std::string record;
  // The record is made and all there is to store, as long as the signal's first counter is `guard`
  // at the commit. Else Signal::store() is called, which makes the record.
  bool complete = false;
  int64_t guard = 0;
  storage::Signal signal{};
  uint64_t seq = 0;  // of its row; given when it is committed
  // What store() returned where another signal's writes shared the commit: those were stored.
  std::optional<Error> refused;
};
using Requests = std::span<Request* const>;

// A number in the row `state` of the schema that a signal counts with. It changes only in
// transactions that have taken a turn, so that these happen one after the other.
struct Counter {
  std::string name;  // of the column
  int64_t first;     // in a new schema
};

// The turn of a transaction: from taking it to its end, no other one has one.
struct Turn {
  uint64_t seq = 0;                   // of the record it will write
  int64_t epoch = 0;                  // the part of the log
  std::span<const int64_t> counters;  // of the signal, in its order
};

// A row of the log, of one signal.
struct LogRecord {
  uint64_t seq = 0;
  std::string_view bytes;  // or
  Requests own;            // the writes of this server that it was made of: their outcomes are due
};

// What a signal keeps in the database beside the log.
struct SignalTables {
  storage::Signal number;
  std::string table;              // when it is missing, all are made
  std::string_view sql;           // makes them; {s} stands for the schema
  std::vector<Counter> counters;  // at least one
};

// A kind of data in a schema: what its records in the log mean. The log calls load(), replay() and
// follow() one at a time, with its apply_mutex() held. Errors end the call of the database that
// made it; what was to be applied is tried again.
class Signal {
 public:
  virtual ~Signal() = default;
  // Reads the tables: at start, or anew when the log has gone on without this server; what was in
  // memory is replaced. The transaction of `connection` sees one state of the schema, to which
  // `counters` belong.
  virtual Result<void> load(Connection& connection, std::span<const int64_t> counters) = 0;
  // A record that load() came after. All of them come that the log still has, some of which the
  // tables know already.
  virtual Result<void> replay(uint64_t seq, std::string_view bytes) = 0;
  // The next record, which any server may have written. It must be applied alike in all of them.
  // What it needs from the database is read with Log::read().
  virtual Result<void> follow(const LogRecord& record) = 0;
  // Stores in the transaction of a commit what its writes have beside the record, with everything
  // applied that came before, and appends the records to `row`, which is empty; where it stays so,
  // the requests' records make the row. May be called again, when the commit failed. Its Error is
  // that of these requests; where it is not Unavailable other signals' are committed without them.
  virtual Result<void> store(Connection& connection, const Turn& turn, Requests requests,
                             std::string& row) = 0;
  // Seals, merges, expires what is due; everything that can be sealed when `everything`. The first
  // record of the log that it still needs; the log keeps it and all later ones. One thread at a
  // time.
  virtual Result<uint64_t> maintain(bool everything, const std::stop_token& stop) = 0;
};

}  // namespace gnomon::postgres
