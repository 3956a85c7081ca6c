#include "adapters/postgres/committer.h"

#include <algorithm>
#include <thread>
#include <unordered_map>
#include <utility>

#include "adapters/postgres/schema.h"
#include "src/base/guarded.h"
#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

using Group = blocks::CommitQueue::Group;
using Clock = std::chrono::steady_clock;

// A server that restarts is back within this; then its clients do not notice.
constexpr std::chrono::seconds kRetryFor{10};
constexpr std::chrono::milliseconds kRetryPause{100};
// Followers look for themselves now and then: not every commit must wake them.
constexpr std::chrono::milliseconds kNotifyPause{20};

Request& request_of(blocks::Write* write) { return static_cast<Request&>(*write); }

Committer::Turn turn_from(const Rows& rows) {
  return {static_cast<uint64_t>(rows.integer(0, 0)), rows.integer(0, 1),
          static_cast<uint32_t>(rows.integer(0, 2)), static_cast<uint64_t>(rows.integer(0, 3))};
}

}  // namespace

Committer::Committer(State& state)
    : state_(state),
      queue_({[this](Group group) { return commit(group); },
              [this](Group group) { return state_.apply_committed(group.front()->seq); }}) {}

std::string Committer::turn_statement() const {
  return "UPDATE " + state_.table("state") +
         " SET seq = seq + 1 RETURNING seq, epoch, series_end, erasures";
}

// The COPY that ends a transaction.
std::string Committer::log_statement() {
  std::string text =
      "COPY " + state_.table("log") + "(epoch, seq, writer, data) FROM STDIN (FORMAT binary);";
  const std::lock_guard hold(notified_mutex_);
  if (Clock::now() - notified_ > kNotifyPause) {
    notified_ = Clock::now();
    text += "SELECT pg_notify('gnomon', " + quote_text(state_.address.schema) + ");";
  }
  return text + "COMMIT";
}

Result<Committer::Turn> Committer::take_turn(Connection& connection) {
  TRY(const Rows rows, connection.run(turn_statement()));
  if (rows.count() != 1) {
    return Error{ErrorKind::Internal, state_.table("state") + " is damaged"};
  }
  return turn_from(rows);
}

Result<void> Committer::commit(Group group) {
  const auto until = Clock::now() + kRetryFor;
  while (true) {
    auto done = try_commit(group);
    if (done.ok() && *done) return {};
    if (done.ok()) continue;
    if (done.error().kind != ErrorKind::Unavailable || Clock::now() > until) return done.error();
    // Also when the commit itself was lost and may have been done: a sample that is there already
    // with the same value is no news.
    std::this_thread::sleep_for(kRetryPause);
  }
}

Result<bool> Committer::try_commit(Group group) {
  TRY(const auto lease, state_.pool->lease());
  const bool complete = std::all_of(group.begin(), group.end(), [&](blocks::Write* write) {
    const Request& request = request_of(write);
    return request.complete && request.plain && request.erasures == state_.erasures();
  });
  if (complete) return commit_complete(*lease, group);
  TRY_VOID(commit_incomplete(*lease, group));
  return true;
}

// The usual case in two round trips. False: series were forgotten meanwhile.
Result<bool> Committer::commit_complete(Connection& connection, Group group) {
  std::string row;
  for (blocks::Write* write : group) put_record(write->record, row);
  TRY(const Rows rows, connection.begin_copy("BEGIN;" + turn_statement() + ";" + log_statement()));
  const Turn turn = turn_from(rows);
  for (blocks::Write* write : group) {
    if (request_of(write).erasures == turn.erasures) continue;
    connection.abandon_copy();
    for (blocks::Write* other : group) request_of(other).complete = false;
    return false;
  }
  TRY_VOID(send(connection, group, turn, row));
  return true;
}

// With new series or with more than samples: what others added must be known first.
Result<void> Committer::commit_incomplete(Connection& connection, Group group) {
  TRY(const Rows begun, connection.run("BEGIN"));
  TRY(Turn turn, take_turn(connection));
  TRY_VOID(state_.catch_up(connection, turn.seq - 1));
  std::string row;
  TRY_VOID(store_series(connection, group, turn, row));
  for (blocks::Write* write : group) {
    const Request& request = request_of(write);
    if (!request.plain) TRY_VOID(store_extras(connection, request, turn, row));
    put_record(write->record, row);
  }
  TRY(const Rows copying, connection.begin_copy(log_statement()));
  return send(connection, group, turn, row);
}

Result<void> Committer::send(Connection& connection, Group group, const Turn& turn,
                             std::string_view row) {
  CopyData data;
  data.row(4).big(turn.epoch).big(static_cast<int64_t>(turn.seq)).big(state_.writer).bytes(row);
  for (blocks::Write* write : group) write->seq = turn.seq;
  if (!group.empty()) state_.announce(turn.seq, group);
  auto sent = base::guarded([&] { return connection.end_copy(data.finish()); });
  if (!sent.ok() && !group.empty()) state_.withdraw(turn.seq);
  return sent;
}

// Finds the ids of all rows. Series nobody has get the next ones.
Result<void> Committer::store_series(Connection& connection, Group group, Turn& turn,
                                     std::string& row) {
  std::unordered_map<model::Labels, storage::SeriesId, model::LabelsHash> fresh;
  std::vector<blocks::StoredSeries> all;
  for (blocks::Write* write : group) {
    Request& request = request_of(write);
    request.added.clear();
    request.ids.clear();
    for (const auto& one : request.batch->rows) {
      const model::LabelsView labels = request.batch->labels(one);
      auto id = state_.index.find(labels);
      if (!id) {
        const auto next = static_cast<storage::SeriesId>(turn.series_end);
        const auto [place, added] =
            fresh.try_emplace(model::Labels(std::string(labels.packed())), next);
        if (added) {
          ++turn.series_end;
          request.added.push_back({next, place->first});
          all.push_back(request.added.back());
        }
        id = place->second;
      }
      request.ids.push_back(*id);
    }
    request.complete = fresh.empty();
    request.erasures = turn.erasures;
    request.record.clear();
    blocks::encode_log_record(*request.batch, request.ids, request.record);
  }
  if (all.empty()) return {};
  if (turn.series_end >= base::kSeriesMax) {
    return Error{ErrorKind::Unavailable,
                 "the store has given all its " + std::to_string(base::kSeriesMax) +
                     " series ids; gnomon migrate copies what it has into a new one"};
  }
  put_series(all, row);
  const std::string block = blocks::encode_series_block(all);
  TRY(const Rows inserted,
      connection.query(
          "INSERT INTO " + state_.table("series") + " VALUES ($1, $2)",
          {Value::integer(static_cast<uint32_t>(all.front().id)), Value::bytes(block)}));
  TRY(const Rows updated, connection.run("UPDATE " + state_.table("state") +
                                         " SET series_end = " + std::to_string(turn.series_end)));
  return {};
}

Result<void> Committer::store_extras(Connection& connection, const Request& request,
                                     const Turn& turn, std::string& row) {
  std::string extras;
  put_extras(*request.batch, request.ids, extras);
  row += extras;
  for (const model::MetadataEntry& entry : request.batch->metadata) {
    if (state_.metadata.has(entry)) continue;
    TRY(const Rows put,
        connection.query("INSERT INTO " + state_.table("metadata") +
                             " VALUES ($1, $2, $3, $4) ON CONFLICT (metric) DO UPDATE SET type = "
                             "$2, help = $3, unit = $4",
                         {Value::bytes(entry.metric), Value::bytes(entry.metadata.type),
                          Value::bytes(entry.metadata.help), Value::bytes(entry.metadata.unit)}));
  }
  if (request.batch->exemplars.empty()) return {};
  TRY(const Rows put,
      connection.query("INSERT INTO " + state_.table("exemplar") +
                           " VALUES ($1, $2, $3) ON CONFLICT (seq) DO UPDATE SET count = "
                           "exemplar.count + $2, data = exemplar.data || $3",
                       {Value::integer(static_cast<int64_t>(turn.seq)),
                        Value::integer(static_cast<int64_t>(request.batch->exemplars.size())),
                        Value::bytes(extras)}));
  return {};
}

Result<void> Committer::begin_upkeep(Connection& connection) {
  const std::string key = std::to_string(lock_key(state_.address.schema, "upkeep"));
  TRY(const Rows begun, connection.run("BEGIN; SELECT pg_advisory_xact_lock(" + key + ")"));
  return {};
}

Result<void> Committer::tidy_up(const std::function<Result<void>(Connection&)>& body) {
  TRY(const auto lease, state_.pool->lease());
  TRY_VOID(begin_upkeep(*lease));
  TRY_VOID(body(*lease));
  TRY(const Rows ended, lease->run("COMMIT"));
  return {};
}

Result<void> Committer::act(const Body& body, Options options) {
  TRY(const auto lease, state_.pool->lease());
  Connection& connection = *lease;
  TRY_VOID(begin_upkeep(connection));
  Turn turn;
  if (options.alone) {
    TRY(turn, take_turn(connection));
    TRY_VOID(state_.catch_up(connection, turn.seq - 1));
  }
  TRY(const std::optional<Control> control, body(connection));
  if (!control) return {};
  if (!options.alone) {
    TRY(turn, take_turn(connection));
  }
  if (options.new_epoch) TRY_VOID(open_epoch(connection, turn));
  if (!control->forget.empty()) {
    TRY(const Rows counted,
        connection.run("UPDATE " + state_.table("state") + " SET erasures = erasures + 1"));
  }
  std::string row;
  put_control(*control, row);
  TRY(const Rows copying, connection.begin_copy(log_statement()));
  TRY_VOID(send(connection, {}, turn, row));
  return state_.catch_up(connection, turn.seq);
}

Result<void> Committer::open_epoch(Connection& connection, Turn& turn) {
  ++turn.epoch;
  const std::string epoch = std::to_string(turn.epoch);
  const std::string log = state_.table("log");
  const std::string part = state_.table("log_" + epoch);
  // Attaching, unlike creating it as a part, does not lock out those who read the log.
  TRY(const Rows made,
      connection.run("CREATE TABLE " + part + " (LIKE " + log + " INCLUDING STORAGE);" +
                     "ALTER TABLE " + log + " ATTACH PARTITION " + part + " FOR VALUES IN (" +
                     epoch + ");" + "INSERT INTO " + state_.table("log_part") + " VALUES (" +
                     epoch + "," + std::to_string(turn.seq) + ");" + "UPDATE " +
                     state_.table("state") + " SET epoch = " + epoch));
  return {};
}

}  // namespace gnomon::postgres
