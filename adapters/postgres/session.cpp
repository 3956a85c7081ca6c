#include "adapters/postgres/session.h"

#include <poll.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "adapters/postgres/schema.h"
#include "src/base/deadline.h"

namespace gnomon::postgres {
namespace {

constexpr std::chrono::milliseconds kTick{50};
constexpr std::chrono::milliseconds kLookPause{200};
constexpr std::chrono::milliseconds kElectPause{500};
constexpr std::chrono::milliseconds kConnectPauseMax{2000};
// A server that does not answer for so long is connected to anew.
constexpr std::chrono::milliseconds kAnswerWithin{10'000};

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
  stop_.request_stop();
  thread_.join();
}

void Session::join(MemberPtr member) {
  const std::lock_guard hold(mutex_);
  members_.push_back(std::move(member));
  joined_ = true;
}

std::vector<Session::MemberPtr> Session::members() const {
  const std::lock_guard hold(mutex_);
  return members_;
}

// With asking_ held.
Result<Rows> Session::ask(const std::string& statement) {
  const base::Deadline limit(stop_.get_token(), kAnswerWithin);
  connection_->obey(limit.token());
  auto rows = connection_->run(statement);
  connection_->obey({});
  return rows;
}

bool Session::connected() const {
  return connection_ != nullptr && !connection_->lost() && !connection_->canceled();
}

bool Session::lock(const char* function, const std::string& schema, const char* purpose) {
  const std::string key = std::to_string(lock_key(schema, purpose));
  const auto rows = ask("SELECT " + std::string(function) + "(" + key + ")");
  return rows.ok() && rows->count() == 1 && rows->integer(0, 0) == 1;
}

bool Session::others_here(const Member& member) const {
  const std::vector<MemberPtr> all = members();
  return std::any_of(all.begin(), all.end(), [&](const MemberPtr& other) {
    return other.get() != &member && other->schema == member.schema;
  });
}

void Session::leave(const MemberPtr& member) {
  {
    const std::lock_guard hold(mutex_);
    std::erase(members_, member);
  }
  {
    const std::lock_guard call(member->calling);
    member->left = true;
  }
  // A thread that elects meanwhile has ended with asking_, and found the member left or not.
  const std::lock_guard asking(asking_);
  if (connected()) {
    if (member->present) lock("pg_advisory_unlock_shared", member->schema, "presence");
    if (member->sealer) lock("pg_advisory_unlock", member->schema, "sealing");
  }
  member->sealer = member->present = false;
}

bool Session::alone(const MemberPtr& member) {
  const std::lock_guard asking(asking_);
  if (!connected() || !member->present || others_here(*member)) return false;
  // Our own lock does not stand in the way of ours.
  if (!lock("pg_try_advisory_lock", member->schema, "presence")) return false;
  lock("pg_advisory_unlock", member->schema, "presence");
  return true;
}

void Session::loop() {
  while (!stop_.stop_requested()) {
    if (connection_ == nullptr) connect();
    wait_for_news();
    if (connection_ == nullptr) continue;
    elect();
    look();
    const std::lock_guard asking(asking_);
    if (connected()) continue;
    connection_.reset();
    for (const MemberPtr& member : members()) member->sealer = member->present = false;
  }
}

void Session::connect() {
  auto connection = Connection::open(uri_);
  if (connection.ok()) {
    const auto listening = (*connection)->run("LISTEN gnomon");
    if (listening.ok()) {
      const std::lock_guard asking(asking_);
      connection_ = std::move(*connection);
      elected_ = looked_ = {};
      pause_ = {};
      return;
    }
  }
  pause_ = std::min(std::max(pause_ * 2, kTick), kConnectPauseMax);
  for (auto left = pause_; left.count() > 0 && !stop_.stop_requested(); left -= kTick) {
    std::this_thread::sleep_for(kTick);
  }
}

// Until a server has written or it is time to look.
void Session::wait_for_news() {
  if (connection_ == nullptr) return;
  pollfd readable{connection_->socket(), POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(kTick.count())) <= 0) return;
  const std::vector<MemberPtr> all = members();
  const std::lock_guard asking(asking_);
  const auto payloads = connection_->notifications();
  const bool ours = std::any_of(all.begin(), all.end(), [&](const MemberPtr& member) {
    return std::find(payloads.begin(), payloads.end(), member->schema) != payloads.end();
  });
  if (ours) looked_ = {};
}

namespace {

std::string question_of(size_t i, const Session::Member& member) {
  return "SELECT " + std::to_string(i) + ", seq FROM " + table_name(member.schema, "state");
}

// Rows of the number of a member and its newest record.
void follow(const std::vector<Session::MemberPtr>& members, const Rows& rows) {
  for (int r = 0; r < rows.count(); ++r) {
    Session::Member& member = *members[static_cast<size_t>(rows.integer(r, 0))];
    const std::lock_guard call(member.calling);
    if (!member.left) member.follow(static_cast<uint64_t>(rows.integer(r, 1)));
  }
}

}  // namespace

// Asks for the newest record of every member at once.
void Session::look() {
  const std::vector<MemberPtr> all = members();
  std::vector<Rows> answers;
  {
    const std::lock_guard asking(asking_);
    if (all.empty() || Clock::now() - looked_ < kLookPause) return;
    looked_ = Clock::now();
    std::string together;
    for (size_t i = 0; i < all.size(); ++i) {
      together += (together.empty() ? "" : " UNION ALL ") + question_of(i, *all[i]);
    }
    auto rows = ask(together);
    const bool one_by_one = !rows.ok();  // a schema was dropped while it was open: others go on
    if (rows.ok()) answers.push_back(std::move(*rows));
    for (size_t i = 0; one_by_one && i < all.size() && connected(); ++i) {
      auto one = ask(question_of(i, *all[i]));
      if (one.ok()) answers.push_back(std::move(*one));
    }
  }
  for (const Rows& rows : answers) follow(all, rows);
}

// All locks that are wanted in one question.
void Session::elect() {
  const std::lock_guard asking(asking_);
  const std::vector<MemberPtr> all_members = members();
  if (!joined_.exchange(false) && Clock::now() - elected_ < kElectPause) return;
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
  for (const MemberPtr& member : all_members) {
    if (member->sealer) sealed_here.insert(member->schema);
  }
  for (const MemberPtr& member : all_members) {
    if (!member->present) {
      want("pg_try_advisory_lock_shared", *member, "presence", member->present);
    }
    // A lock that this session holds would be given to it again.
    if (!sealed_here.insert(member->schema).second) continue;
    want("pg_try_advisory_lock", *member, "sealing", member->sealer);
  }
  if (wanted.empty()) return;
  const auto rows = ask(all);
  for (int r = 0; rows.ok() && r < rows->count(); ++r) {
    *wanted[static_cast<size_t>(rows->integer(r, 0))] = rows->integer(r, 1) == 1;
  }
}

}  // namespace gnomon::postgres
