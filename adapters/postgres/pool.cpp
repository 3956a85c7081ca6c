#include "adapters/postgres/pool.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "adapters/postgres/detached_call.h"
#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

constexpr size_t kKeptForWriters = 2;  // a commit, and what applies it
constexpr std::chrono::milliseconds kPauseMin{50};
constexpr std::chrono::milliseconds kPauseMax{2000};

}  // namespace

std::shared_ptr<Pool> Pool::get(const Address& address) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, size_t>, std::weak_ptr<Pool>> pools;
  const std::lock_guard hold(mutex);
  std::weak_ptr<Pool>& known = pools[{address.uri, address.connections_max}];
  std::shared_ptr<Pool> pool = known.lock();
  if (pool == nullptr) {
    pool = std::make_shared<Pool>(address.uri, address.connections_max);
    known = pool;
  }
  return pool;
}

Pool::Pool(std::string uri, size_t connections_max)
    : uri_(std::move(uri)), connections_max_(connections_max) {}

Pool::Lease::Lease(Pool& pool, std::unique_ptr<Connection> connection, const std::stop_token& stop)
    : pool_(&pool), connection_(std::move(connection)) {
  connection_->obey(stop);
}

Pool::Lease::~Lease() {
  if (connection_ != nullptr) pool_->give_back(std::move(connection_));
}

void Pool::give_back(ConnectionPtr connection) {
  // After a stop it is not asked to roll back, which may take long: closing it does that.
  const bool stopped = connection->obey({}).stop_requested();
  if (!stopped) connection->roll_back();
  const bool good = connection->reusable();
  // One that was given up after a cancel says nothing about the others.
  const bool lost = connection->lost() && !connection->canceled();
  if (!good) connection.reset();
  const std::lock_guard hold(mutex_);
  if (lost) {  // the idle ones went the same way, or are about to
    open_ -= idle_.size();
    idle_.clear();
    free_.notify_all();
  }
  if (good) {
    idle_.push_back(std::move(connection));
  } else {
    --open_;
  }
  free_.notify_all();
}

Result<Pool::Lease> Pool::lease(For what, const std::stop_token& stop) {
  TRY(ConnectionPtr connection, take(what, stop));
  if (connection == nullptr) {
    TRY(connection, connect(stop));
  }
  return Lease(*this, std::move(connection), stop);
}

// With mutex_ held.
bool Pool::may_take(For what) const {
  if (idle_.empty() && open_ >= connections_max_) return false;
  const size_t in_use = open_ - idle_.size();
  return what == For::Writing || in_use + kKeptForWriters < connections_max_;
}

// An idle connection; null: one may be made, which is counted already.
Result<Pool::ConnectionPtr> Pool::take(For what, const std::stop_token& stop) {
  const auto until = Clock::now() + std::chrono::milliseconds(base::kPostgresLeaseMs);
  std::unique_lock lock(mutex_);
  while (true) {
    const bool any = free_.wait_until(lock, stop, until, [&] { return may_take(what); });
    if (stop.stop_requested()) return base::canceled();
    if (!any) {
      return Error{ErrorKind::Unavailable,
                   "all " + std::to_string(connections_max_) +
                       " connections to postgres are in use; pool= in the URL allows more"};
    }
    if (idle_.empty()) break;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->reusable()) return connection;
    --open_;  // it was lost while it was idle
  }
  if (pause_.count() > 0 && Clock::now() < next_try_) {
    return Error{ErrorKind::Unavailable, failure_};
  }
  ++open_;
  return ConnectionPtr();
}

// A connection on its way to the thread that asked for it.
struct Pool::Attempt {
  std::mutex mutex;
  std::condition_variable_any done;
  std::optional<Result<ConnectionPtr>> result;  // guarded by mutex
  bool left = false;                            // guarded by mutex: it is not waited for any more
};

// libpq looks names up and waits for the server without looking at a stop.
Result<Pool::ConnectionPtr> Pool::connect(const std::stop_token& stop) {
  if (!stop.stop_possible()) return note(Connection::open(uri_));
  const auto attempt = std::make_shared<Attempt>();
  const bool begun = call_detached([self = shared_from_this(), attempt] {
    auto connection = self->note(Connection::open(self->uri_));
    std::unique_lock lock(attempt->mutex);
    if (!attempt->left) {
      attempt->result.emplace(std::move(connection));
      attempt->done.notify_all();
      return;
    }
    lock.unlock();
    if (connection.ok()) self->give_back(std::move(*connection));
  });
  if (!begun) {
    return note(Error{ErrorKind::Unavailable, "too many connections to postgres are being made"});
  }
  std::unique_lock lock(attempt->mutex);
  if (attempt->done.wait(lock, stop, [&] { return attempt->result.has_value(); })) {
    return std::move(*attempt->result);
  }
  attempt->left = true;
  return base::canceled();
}

// Counts what came of an attempt to connect.
Result<Pool::ConnectionPtr> Pool::note(Result<ConnectionPtr> connection) {
  const std::lock_guard hold(mutex_);
  if (connection.ok()) {
    pause_ = {};
    return connection;
  }
  --open_;
  failure_ = connection.error().message;
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  next_try_ = Clock::now() + pause_;
  free_.notify_all();  // each is told that the server is away
  return connection;
}

}  // namespace gnomon::postgres
