#include "adapters/postgres/pool.h"

#include <algorithm>
#include <map>
#include <utility>

namespace gnomon::postgres {
namespace {

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

Pool::Lease::~Lease() {
  if (connection_ != nullptr) pool_->give_back(std::move(connection_));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  connection->roll_back();
  const bool good = connection->reusable();
  const bool lost = connection->lost();
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
  free_.notify_one();
}

Result<Pool::Lease> Pool::lease() {
  {
    std::unique_lock lock(mutex_);
    while (true) {
      free_.wait(lock, [&] { return !idle_.empty() || open_ < connections_max_; });
      if (idle_.empty()) break;
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      if (connection->reusable()) return Lease(*this, std::move(connection));
      --open_;  // it was lost while it was idle
    }
    if (pause_.count() > 0 && Clock::now() < next_try_) {
      return Error{ErrorKind::Unavailable, failure_};
    }
    ++open_;
  }
  auto connection = connect();
  if (connection.ok()) return Lease(*this, std::move(*connection));
  return connection.error();
}

Result<std::unique_ptr<Connection>> Pool::connect() {
  auto connection = Connection::open(uri_);
  const std::lock_guard hold(mutex_);
  if (connection.ok()) {
    pause_ = {};
    return connection;
  }
  --open_;
  failure_ = connection.error().message;
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  next_try_ = Clock::now() + pause_;
  free_.notify_one();
  return connection;
}

}  // namespace gnomon::postgres
