#include "adapters/postgres/log.h"

#include <random>
#include <thread>
#include <utility>

#include "adapters/postgres/schema.h"
#include "src/base/deadline.h"
#include "src/base/limits.h"
#include "src/base/log.h"

namespace gnomon::postgres {
namespace {

constexpr int kRowsAtOnce = 64;
constexpr std::chrono::milliseconds kRetryPause{200};
constexpr std::chrono::milliseconds kApplyFor{base::kPostgresApplyMs};

int64_t random_number() {
  std::random_device device;
  return static_cast<int64_t>(uint64_t{device()} << 32 | device());
}

Error not_applied() {
  return {ErrorKind::Unavailable, "a record of the log could not be applied; try again"};
}

// False: the stop fired.
bool pause(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kStep{10};
  for (auto left = kRetryPause; left.count() > 0 && !stop.stop_requested(); left -= kStep) {
    std::this_thread::sleep_for(kStep);
  }
  return !stop.stop_requested();
}

}  // namespace

thread_local Connection* Log::applying_on_ = nullptr;

// What this thread reads as long as this lives, because it applies records, it reads on this
// connection.
class Log::ApplyingOn {
 public:
  explicit ApplyingOn(Connection& connection) { applying_on_ = &connection; }
  ~ApplyingOn() { applying_on_ = nullptr; }
  ApplyingOn(const ApplyingOn&) = delete;
  ApplyingOn& operator=(const ApplyingOn&) = delete;
};

Log::Log(const Address& address, std::shared_ptr<Pool> pool, std::stop_token closing)
    : writer(random_number()),
      schema_(address.schema),
      pool_(std::move(pool)),
      closing_(std::move(closing)),
      fresh_(Clock::now().time_since_epoch().count()) {}

void Log::add(Signal& signal, storage::Signal number, std::vector<Counter> counters) {
  signals_[number] = {&signal, std::move(counters)};
}

std::string Log::table(std::string_view name) const { return table_name(schema_, name); }

std::chrono::steady_clock::duration Log::behind() const {
  if (broken_) return Clock::duration::max();
  return Clock::now().time_since_epoch() - Clock::duration(fresh_.load());
}

void Log::note_fresh() { fresh_ = Clock::now().time_since_epoch().count(); }

Result<Signal*> Log::signal_of(int64_t number, uint64_t seq) const {
  const auto found = signals_.find(static_cast<storage::Signal>(number));
  if (number >= 0 && number <= UINT8_MAX && found != signals_.end()) return found->second.signal;
  return Error{ErrorKind::Execution, "record " + std::to_string(seq) +
                                         " in the log of the schema " + quote_name(schema_) +
                                         " is of signal " + std::to_string(number) +
                                         " and was written by a newer Gnomon"};
}

Result<void> Log::load(Connection& connection) {
  // Queries wait: between the old and the new memory of a signal samples would be missing.
  const std::lock_guard alone(snapshot_gate_);
  const std::lock_guard applying(apply_mutex_);
  const ApplyingOn on(connection);
  broken_ = true;
  unread_ = false;
  TRY_VOID(load_signals(connection));
  TRY(const Rows ended, connection.run("COMMIT"));
  broken_ = false;
  return {};
}

Result<void> Log::load_signals(Connection& connection) {
  TRY(const Rows begun, connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  std::string names = "seq";
  for (const auto& [number, part] : signals_) {
    for (const Counter& counter : part.counters) names += ", " + quote_name(counter.name);
  }
  TRY(const Rows state, connection.query("SELECT " + names + " FROM " + table("state")));
  if (state.count() != 1) return Error{ErrorKind::Internal, table("state") + " is damaged"};
  int column = 1;
  for (const auto& [number, part] : signals_) {
    std::vector<int64_t> counters;
    for (size_t i = 0; i < part.counters.size(); ++i) {
      counters.push_back(state.integer(0, column++));
    }
    TRY_VOID(part.signal->load(connection, counters));
  }
  return replay(connection, static_cast<uint64_t>(state.integer(0, 0)));
}

Result<void> Log::replay(Connection& connection, uint64_t newest) {
  uint64_t seq = 0;
  while (true) {
    TRY(const Rows rows,
        connection.query("SELECT seq, signal, data FROM " + table("log") +
                             " WHERE seq > $1 ORDER BY seq LIMIT " + std::to_string(kRowsAtOnce),
                         {Value::integer(static_cast<int64_t>(seq))}));
    for (int r = 0; r < rows.count(); ++r) {
      seq = static_cast<uint64_t>(rows.integer(r, 0));
      TRY(Signal * signal, signal_of(rows.integer(r, 1), seq));
      TRY_VOID(signal->replay(seq, rows.bytes(r, 2)));
      if (unread_) return not_applied();
    }
    if (rows.count() < kRowsAtOnce) break;
  }
  applied_.store(newest, std::memory_order_release);
  return {};
}

Result<void> Log::catch_up(Connection& connection, uint64_t seq, const std::stop_token& stop) {
  if (seq == kAll) {
    TRY(const Rows state, connection.query("SELECT seq FROM " + table("state")));
    seq = static_cast<uint64_t>(state.integer(0, 0));
  }
  const auto asked = Clock::now().time_since_epoch().count();
  bool gap = false;
  if (!apply_mutex_.lock(stop)) return base::canceled();
  {
    const std::lock_guard applying(apply_mutex_, std::adopt_lock);
    const ApplyingOn on(connection);
    gap = broken_;
    while (applied() < seq && !gap) TRY_VOID(fetch(connection, seq, gap));
  }
  if (gap && connection.in_transaction()) {
    return Error{ErrorKind::Unavailable, "this server is reading the log anew; try again"};
  }
  if (gap) {
    base::log(base::LogLevel::Warn,
              broken_ ? "a record of the log could not be applied; all is read anew"
                      : "the log went on without this server; it is read anew",
              {{"schema", schema_}});
    TRY_VOID(load(connection));
  }
  fresh_ = asked;
  return {};
}

// Applies the next records, with apply_mutex_ held; `gap`: they are gone already.
Result<void> Log::fetch(Connection& connection, uint64_t seq, bool& gap) {
  TRY(const Rows rows, connection.query("SELECT seq, writer, signal, data FROM " + table("log") +
                                            " WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT " +
                                            std::to_string(kRowsAtOnce),
                                        {Value::integer(static_cast<int64_t>(applied())),
                                         Value::integer(static_cast<int64_t>(seq))}));
  if (rows.count() == 0) gap = true;
  for (int r = 0; r < rows.count() && !gap; ++r) {
    gap = static_cast<uint64_t>(rows.integer(r, 0)) != applied() + 1;
    if (!gap) TRY_VOID(follow(rows, r));
  }
  return {};
}

// Applies a row of fetch().
Result<void> Log::follow(const Rows& rows, int row) {
  const auto seq = static_cast<uint64_t>(rows.integer(row, 0));
  bool done = false;
  if (rows.integer(row, 1) == writer) {
    TRY(done, apply_announced(seq));
  }
  if (!done) {
    TRY(Signal * signal, signal_of(rows.integer(row, 2), seq));
    TRY_VOID(signal->follow({.seq = seq, .bytes = rows.bytes(row, 3)}));
    if (unread_) return not_applied();
  }
  applied_.store(seq, std::memory_order_release);
  return {};
}

// With apply_mutex_ held. False: these are not writes of ours.
Result<bool> Log::apply_announced(uint64_t seq) {
  std::vector<Request*> requests;
  {
    const std::lock_guard hold(mutex_);
    const auto found = announced_.find(seq);
    if (found == announced_.end()) return false;
    requests = std::move(found->second);
    announced_.erase(found);
  }
  TRY(Signal * signal, signal_of(static_cast<int64_t>(requests.front()->signal), seq));
  TRY_VOID(signal->follow({.seq = seq, .own = requests}));
  if (unread_) return not_applied();
  return true;
}

void Log::announce(uint64_t seq, std::vector<Request*> requests) {
  const std::lock_guard hold(mutex_);
  announced_[seq] = std::move(requests);
}

void Log::withdraw(uint64_t seq) {
  const std::lock_guard applying(apply_mutex_);
  const std::lock_guard hold(mutex_);
  announced_.erase(seq);
}

Result<void> Log::try_apply(uint64_t first, uint64_t last) {
  TRY(const auto lease, pool_->lease(Pool::For::Writing, closing_));
  const std::lock_guard applying(apply_mutex_);
  const ApplyingOn on(*lease);
  bool gap = broken_;
  while (applied() + 1 < first && !gap) TRY_VOID(fetch(*lease, first - 1, gap));
  if (gap) return Error{ErrorKind::Unavailable, "the log went on without this server"};
  for (uint64_t seq = first; seq <= last; ++seq) {
    if (applied() + 1 != seq) continue;  // it was followed meanwhile
    TRY(const bool done, apply_announced(seq));
    if (done) applied_.store(seq, std::memory_order_release);
  }
  return {};
}

Result<void> Log::apply_committed(uint64_t first, uint64_t last) {
  const auto until = Clock::now() + kApplyFor;
  auto done = try_apply(first, last);
  while (!done.ok() && applied() < last && Clock::now() < until && pause(closing_)) {
    done = try_apply(first, last);
  }
  // Those who wait for it leave now.
  for (uint64_t seq = first; seq <= last; ++seq) withdraw(seq);
  if (applied() >= last) return {};
  if (done.ok()) return Error{ErrorKind::Unavailable, "the log went on without this server"};
  // They are stored.
  return Error{ErrorKind::Unavailable, std::move(done.error().message)};
}

Result<void> Log::read(const std::function<Result<void>(Connection&)>& body) {
  const base::Deadline limit(closing_, kApplyFor);
  const auto passes = [](const Error& error) {
    return error.kind == ErrorKind::Unavailable || error.kind == ErrorKind::Canceled;
  };
  const std::stop_token before = applying_on_->obey(limit.token());
  auto done = body(*applying_on_);
  applying_on_->obey(before);
  while (!done.ok() && passes(done.error()) && pause(limit.token())) {
    auto other = Connection::open(pool_->uri());
    if (!other.ok()) continue;
    (*other)->obey(limit.token());
    done = body(**other);
  }
  if (!done.ok() && passes(done.error())) broken_ = unread_ = true;
  return done;
}

}  // namespace gnomon::postgres
