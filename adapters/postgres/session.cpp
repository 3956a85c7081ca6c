#include "adapters/postgres/session.h"

#include <poll.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "adapters/postgres/schema.h"

namespace gnomon::postgres {
namespace {

constexpr std::chrono::milliseconds kTick{50};
constexpr std::chrono::milliseconds kLookPause{200};
constexpr std::chrono::milliseconds kElectPause{500};
constexpr std::chrono::milliseconds kConnectPauseMax{2000};

}  // namespace

std::shared_ptr<Session> Session::get(const Address& address) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Session>> sessions;
  const std::lock_guard hold(mutex);
  std::weak_ptr<Session>& known = sessions[address.uri];
  std::shared_ptr<Session> session = known.lock();
  if (session == nullptr) {
    session = std::make_shared<Session>(address.uri);
    known = session;
  }
  return session;
}

Session::Session(std::string uri) : uri_(std::move(uri)), thread_([this] { loop(); }) {}

Session::~Session() {
  stopping_ = true;
  thread_.join();
}

void Session::join(MemberPtr member) {
  const std::lock_guard hold(mutex_);
  members_.push_back(std::move(member));
  elected_ = {};
}

bool Session::lock(const char* function, const std::string& schema, const char* purpose) {
  const std::string key = std::to_string(lock_key(schema, purpose));
  const auto rows = connection_->run("SELECT " + std::string(function) + "(" + key + ")");
  return rows.ok() && rows->count() == 1 && rows->integer(0, 0) == 1;
}

bool Session::others_here(const Member& member) const {
  return std::any_of(members_.begin(), members_.end(), [&](const MemberPtr& other) {
    return other.get() != &member && other->schema == member.schema;
  });
}

void Session::leave(const MemberPtr& member) {
  const std::lock_guard hold(mutex_);
  if (connection_ != nullptr && !connection_->lost()) {
    if (member->present) lock("pg_advisory_unlock_shared", member->schema, "presence");
    if (member->sealer) lock("pg_advisory_unlock", member->schema, "sealing");
  }
  member->sealer = false;
  std::erase(members_, member);
}

bool Session::alone(const MemberPtr& member) {
  const std::lock_guard hold(mutex_);
  if (connection_ == nullptr || !member->present || others_here(*member)) return false;
  // Our own lock does not stand in the way of ours.
  if (!lock("pg_try_advisory_lock", member->schema, "presence")) return false;
  lock("pg_advisory_unlock", member->schema, "presence");
  return true;
}

void Session::loop() {
  while (!stopping_) {
    if (connection_ == nullptr) connect();
    wait_for_news();
    if (connection_ == nullptr) continue;
    elect();
    look();
    const std::lock_guard hold(mutex_);
    if (!connection_->lost()) continue;
    connection_.reset();
    for (const MemberPtr& member : members_) member->sealer = member->present = false;
  }
}

void Session::connect() {
  auto connection = Connection::open(uri_);
  if (connection.ok()) {
    const auto listening = (*connection)->run("LISTEN gnomon");
    if (listening.ok()) {
      const std::lock_guard hold(mutex_);
      connection_ = std::move(*connection);
      elected_ = looked_ = {};
      pause_ = {};
      return;
    }
  }
  pause_ = std::min(std::max(pause_ * 2, kTick), kConnectPauseMax);
  for (auto left = pause_; left.count() > 0 && !stopping_; left -= kTick) {
    std::this_thread::sleep_for(kTick);
  }
}

// Until somebody has written or it is time to look.
void Session::wait_for_news() {
  if (connection_ == nullptr) return;
  pollfd readable{connection_->socket(), POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(kTick.count())) <= 0) return;
  const std::lock_guard hold(mutex_);
  const auto payloads = connection_->notifications();
  const bool ours = std::any_of(members_.begin(), members_.end(), [&](const MemberPtr& member) {
    return std::find(payloads.begin(), payloads.end(), member->schema) != payloads.end();
  });
  if (ours) looked_ = {};
}

// Asks for the newest record of every store at once.
void Session::look() {
  const std::lock_guard hold(mutex_);
  if (members_.empty() || Clock::now() - looked_ < kLookPause) return;
  looked_ = Clock::now();
  const auto question = [&](size_t i) {
    return "SELECT " + std::to_string(i) + ", seq FROM " + table_name(members_[i]->schema, "state");
  };
  std::string all;
  for (size_t i = 0; i < members_.size(); ++i) {
    all += (all.empty() ? "" : " UNION ALL ") + question(i);
  }
  const auto follow = [&](const Rows& rows) {
    for (int r = 0; r < rows.count(); ++r) {
      const Member& member = *members_[static_cast<size_t>(rows.integer(r, 0))];
      member.follow(static_cast<uint64_t>(rows.integer(r, 1)));
    }
  };
  const auto rows = connection_->run(all);
  if (rows.ok()) return follow(*rows);
  // One of them was dropped under its store: the others go on.
  for (size_t i = 0; i < members_.size() && !connection_->lost(); ++i) {
    const auto one = connection_->run(question(i));
    if (one.ok()) follow(*one);
  }
}

// All locks that are wanted in one question.
void Session::elect() {
  const std::lock_guard hold(mutex_);
  if (Clock::now() - elected_ < kElectPause) return;
  elected_ = Clock::now();
  std::vector<std::atomic<bool>*> wanted;
  std::string all;
  const auto want = [&](const char* function, const Member& member, const char* purpose,
                        std::atomic<bool>& flag) {
    all += (all.empty() ? "SELECT " : " UNION ALL SELECT ") + std::to_string(wanted.size()) + ", " +
           function + "(" + std::to_string(lock_key(member.schema, purpose)) + ")";
    wanted.push_back(&flag);
  };
  std::set<std::string_view> sealed_here;
  for (const MemberPtr& member : members_) {
    if (member->sealer) sealed_here.insert(member->schema);
  }
  for (const MemberPtr& member : members_) {
    if (!member->present) {
      want("pg_try_advisory_lock_shared", *member, "presence", member->present);
    }
    // A lock that this session holds would be given to it again.
    if (!sealed_here.insert(member->schema).second) continue;
    want("pg_try_advisory_lock", *member, "sealing", member->sealer);
  }
  if (wanted.empty()) return;
  const auto rows = connection_->run(all);
  for (int r = 0; rows.ok() && r < rows->count(); ++r) {
    *wanted[static_cast<size_t>(rows->integer(r, 0))] = rows->integer(r, 1) == 1;
  }
}

}  // namespace gnomon::postgres
