#include "adapters/postgres/committer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "adapters/postgres/group_stop.h"
#include "adapters/postgres/schema.h"
#include "src/base/guarded.h"
#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

using Clock = std::chrono::steady_clock;

// A server that restarts is back within this; then its clients do not notice.
constexpr std::chrono::milliseconds kRetryFor{base::kPostgresCommitMs};
constexpr std::chrono::milliseconds kRetryPause{100};
// Followers look for themselves now and then: not every commit must wake them.
constexpr std::chrono::milliseconds kNotifyPause{20};

// Whether a commit that failed so may have been done.
bool unknown(const Error& error) {
  return error.kind == ErrorKind::Unavailable || error.kind == ErrorKind::Canceled;
}

Request& request_of(base::GroupCommit::Entry* entry) { return static_cast<Request&>(*entry); }

}  // namespace

Committer::Committer(const Address& address, Pool& pool, Log& log)
    : schema_(address.schema),
      pool_(pool),
      log_(log),
      queue_({.weight_max = base::kPostgresGroupBytesMax},
             {[this](Group group) { return commit(group); },
              [this](Group group) { return apply(group); }}) {}

void Committer::add(Signal& signal, storage::Signal number, const std::vector<Counter>& counters) {
  parts_[number] = {&signal, counters_count_, counters.size()};
  counters_count_ += counters.size();
  for (const Counter& counter : counters) counters_ += ", " + quote_name(counter.name);
}

std::string Committer::table(std::string_view name) const { return table_name(schema_, name); }

Result<void> Committer::write(Request& request) {
  TRY_VOID(queue_.commit(request));
  if (request.refused) return std::move(*request.refused);
  return {};
}

Result<void> Committer::apply(Group group) {
  uint64_t first = Log::kAll;
  uint64_t last = 0;
  for (base::GroupCommit::Entry* entry : group) {
    const Request& request = request_of(entry);
    if (request.refused) continue;
    first = std::min(first, request.seq);
    last = std::max(last, request.seq);
  }
  return last == 0 ? Result<void>() : log_.apply_committed(first, last);
}

std::string Committer::turn_statement(size_t records) const {
  return "UPDATE " + table("state") + " SET seq = seq + " + std::to_string(records) +
         " RETURNING seq, epoch" + counters_;
}

// The COPY that ends a transaction.
std::string Committer::log_statement() {
  std::string text =
      "COPY " + table("log") + "(epoch, seq, writer, signal, data) FROM STDIN (FORMAT binary);";
  const std::lock_guard hold(notified_mutex_);
  if (Clock::now() - notified_ > kNotifyPause) {
    notified_ = Clock::now();
    text += "SELECT pg_notify('gnomon', " + quote_text(schema_) + ");";
  }
  return text + "COMMIT";
}

Committer::Taken Committer::taken_from(const Rows& rows, size_t records) const {
  Taken taken;
  taken.last = static_cast<uint64_t>(rows.integer(0, 0));
  taken.first = taken.last + 1 - records;
  taken.epoch = rows.integer(0, 1);
  for (size_t i = 0; i < counters_count_; ++i) {
    taken.counters.push_back(rows.integer(0, static_cast<int>(2 + i)));
  }
  return taken;
}

Turn Committer::turn_of(const Taken& taken, const Share& share, size_t i) const {
  const Part& part = parts_.at(share.number);
  const std::span<const int64_t> counters(taken.counters);
  return {taken.first + i, taken.epoch, counters.subspan(part.counters_begin, part.counters)};
}

Result<Committer::Taken> Committer::take_turn(Connection& connection, size_t records) {
  TRY(const Rows rows, connection.run(turn_statement(records)));
  if (rows.count() != 1) return Error{ErrorKind::Internal, table("state") + " is damaged"};
  return taken_from(rows, records);
}

// In the order of the signals' numbers.
std::vector<Committer::Share> Committer::shares_of(Group group) const {
  std::vector<Share> shares;
  for (const auto& [number, part] : parts_) {
    Share share{number, {}, {}};
    for (base::GroupCommit::Entry* entry : group) {
      if (request_of(entry).signal == number) share.requests.push_back(&request_of(entry));
    }
    if (!share.requests.empty()) shares.push_back(std::move(share));
  }
  return shares;
}

Result<void> Committer::commit(Group group) {
  const auto until = Clock::now() + kRetryFor;
  const GroupStop stop(group);
  std::vector<Share> shares = shares_of(group);
  bool sent = false;  // a commit, of which no answer came
  while (true) {
    const auto done = try_commit(shares, stop.token(), sent);
    if (done.ok() && *done) break;
    if (done.ok()) continue;
    const bool abandoned = base::GroupCommit::abandoned(group);
    if (abandoned && !sent) return base::canceled();
    if (abandoned || done.error().kind != ErrorKind::Unavailable || Clock::now() > until) {
      if (!sent) return done.error();
      return Error{ErrorKind::Unavailable, done.error().message};
    }
    // Also when the commit itself was lost and may have been done: a sample that is there already
    // with the same value is no news.
    std::this_thread::sleep_for(kRetryPause);
  }
  for (base::GroupCommit::Entry* entry : group) entry->weight = request_of(entry).record.size();
  return {};
}

Result<bool> Committer::try_commit(std::vector<Share>& shares, const std::stop_token& stop,
                                   bool& sent) {
  TRY(const auto lease, pool_.lease(Pool::For::Writing, stop));
  const bool complete = std::all_of(shares.begin(), shares.end(), [](const Share& share) {
    return std::all_of(share.requests.begin(), share.requests.end(),
                       [](const Request* request) { return request->complete; });
  });
  if (complete) return commit_complete(*lease, shares, sent);
  return commit_incomplete(*lease, shares, stop, sent);
}

// The usual case. False: what the records were made with has changed.
Result<bool> Committer::commit_complete(Connection& connection, std::vector<Share>& shares,
                                        bool& sent) {
  TRY(const Rows rows,
      connection.begin_copy("BEGIN;" + turn_statement(shares.size()) + ";" + log_statement()));
  const Taken taken = taken_from(rows, shares.size());
  bool valid = true;
  for (const Share& share : shares) {
    const int64_t guard = turn_of(taken, share, 0).counters.front();
    for (Request* request : share.requests) {
      request->complete = request->guard == guard;
      valid = valid && request->complete;
    }
  }
  if (!valid) {
    connection.abandon_copy();
    return false;
  }
  for (Share& share : shares) share.row.clear();
  auto done = send(connection, shares, taken);
  if (done.ok()) return true;
  sent = sent || unknown(done.error());
  return std::move(done).error();
}

// What others added must be known first. False: a share was refused and is not in the group now.
Result<bool> Committer::commit_incomplete(Connection& connection, std::vector<Share>& shares,
                                          const std::stop_token& stop, bool& sent) {
  TRY(const Rows begun, connection.run("BEGIN"));
  TRY(const Taken taken, take_turn(connection, shares.size()));
  TRY_VOID(log_.catch_up(connection, taken.first - 1, stop));
  for (size_t i = 0; i < shares.size(); ++i) {
    Share& share = shares[i];
    share.row.clear();
    Signal& signal = *parts_.at(share.number).signal;
    auto stored = signal.store(connection, turn_of(taken, share, i), share.requests, share.row);
    if (stored.ok()) continue;
    if (shares.size() == 1 || unknown(stored.error())) return std::move(stored).error();
    for (Request* request : share.requests) request->refused = stored.error();
    shares.erase(shares.begin() + static_cast<ptrdiff_t>(i));
    return false;
  }
  TRY(const Rows copying, connection.begin_copy(log_statement()));
  auto done = send(connection, shares, taken);
  if (done.ok()) return true;
  sent = sent || unknown(done.error());
  return std::move(done).error();
}

// Sends the rows and commits.
Result<void> Committer::send(Connection& connection, const std::vector<Share>& shares,
                             const Taken& taken) {
  CopyData data;
  std::vector<std::string_view> parts;
  for (size_t i = 0; i < shares.size(); ++i) {
    const Share& share = shares[i];
    parts.clear();
    if (share.row.empty()) {
      for (const Request* request : share.requests) parts.emplace_back(request->record);
    } else {
      parts.emplace_back(share.row);
    }
    const uint64_t seq = taken.first + i;
    data.row(5).big(taken.epoch).big(static_cast<int64_t>(seq)).big(log_.writer);
    data.tiny(static_cast<int16_t>(share.number)).bytes(parts);
    for (Request* request : share.requests) request->seq = seq;
    if (!share.requests.empty()) log_.announce(seq, share.requests);
  }
  auto sent = base::guarded([&] { return connection.end_copy(data.finish()); });
  for (size_t i = 0; !sent.ok() && i < shares.size(); ++i) log_.withdraw(taken.first + i);
  return sent;
}

Result<void> Committer::begin_upkeep(Connection& connection) {
  const std::string key = std::to_string(lock_key(schema_, "upkeep"));
  TRY(const Rows begun, connection.run("BEGIN; SELECT pg_advisory_xact_lock(" + key + ")"));
  return {};
}

Result<void> Committer::tidy_up(const std::function<Result<void>(Connection&)>& body,
                                const std::stop_token& stop) {
  TRY(const auto lease, pool_.lease(Pool::For::Writing, stop));
  TRY_VOID(begin_upkeep(*lease));
  TRY_VOID(body(*lease));
  TRY(const Rows ended, lease->run("COMMIT"));
  return {};
}

Result<void> Committer::act(storage::Signal signal, const Body& body, Options options,
                            const std::stop_token& stop) {
  TRY(const auto lease, pool_.lease(Pool::For::Writing, stop));
  Connection& connection = *lease;
  TRY_VOID(begin_upkeep(connection));
  Taken taken;
  if (options.alone) {
    TRY(taken, take_turn(connection, 1));
    TRY_VOID(log_.catch_up(connection, taken.last - 1, stop));
  }
  TRY(std::optional<std::string> record, body(connection));
  if (!record) return {};
  if (!options.alone) {
    TRY(taken, take_turn(connection, 1));
  }
  if (options.new_epoch) TRY_VOID(open_epoch(connection, taken));
  TRY(const Rows copying, connection.begin_copy(log_statement()));
  TRY_VOID(send(connection, {Share{signal, {}, std::move(*record)}}, taken));
  return log_.catch_up(connection, taken.last, stop);
}

Result<void> Committer::open_epoch(Connection& connection, Taken& taken) {
  ++taken.epoch;
  const std::string epoch = std::to_string(taken.epoch);
  const std::string log = table("log");
  const std::string part = table("log_" + epoch);
  // Attaching, unlike creating it as a part, does not lock out those who read the log.
  TRY(const Rows made,
      connection.run("CREATE TABLE " + part + " (LIKE " + log + " INCLUDING STORAGE);" +
                     "ALTER TABLE " + log + " ATTACH PARTITION " + part + " FOR VALUES IN (" +
                     epoch + ");" + "INSERT INTO " + table("log_part") + " VALUES (" + epoch + "," +
                     std::to_string(taken.last) + ");" + "UPDATE " + table("state") +
                     " SET epoch = " + epoch));
  ++epochs_opened_;
  return {};
}

}  // namespace gnomon::postgres
