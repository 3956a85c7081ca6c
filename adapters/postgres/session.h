#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "adapters/postgres/address.h"
#include "adapters/postgres/connection.h"

namespace gnomon::postgres {

// One session and one thread for all open schemas of this process at one server: is notified of
// what others wrote, looks for it where it was not notified, and holds the locks that say who
// seals. When the session is lost so are its locks: another server seals then.
class Session {
 public:
  // An open schema that takes part.
  struct Member {
    std::string schema;
    // There are records up to this one. Called on the session's thread, with `calling` held; other
    // members may join, leave and ask meanwhile.
    std::function<void(uint64_t)> follow;
    std::mutex calling;
    bool left = false;                  // guarded by calling
    std::atomic<bool> sealer = false;   // it is the one that seals
    std::atomic<bool> present = false;  // the session holds the lock that says so
  };
  using MemberPtr = std::shared_ptr<Member>;

  static std::shared_ptr<Session> get(const Address& address);
  explicit Session(std::string uri);
  ~Session();

  // Any thread.
  void join(MemberPtr member);
  // The member is not called any more when this returns. Gives its locks back. Any thread.
  void leave(const MemberPtr& member);
  // Whether no other server has the schema open now. Any thread.
  bool alone(const MemberPtr& member);

 private:
  using Clock = std::chrono::steady_clock;
  void loop();
  void connect();
  void wait_for_news();
  void look();
  void elect();
  Result<Rows> ask(const std::string& statement);
  bool connected() const;
  bool lock(const char* function, const std::string& schema, const char* purpose);
  std::vector<MemberPtr> members() const;
  bool others_here(const Member& member) const;

  const std::string uri_;
  mutable std::mutex mutex_;  // guards members_
  std::vector<MemberPtr> members_;
  std::mutex asking_;  // guards what follows; never held while a member is called
  std::unique_ptr<Connection> connection_;
  Clock::time_point looked_;
  Clock::time_point elected_;
  std::chrono::milliseconds pause_{0};  // of the session's thread
  std::atomic<bool> joined_ = false;    // a member that has no locks yet
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace gnomon::postgres
