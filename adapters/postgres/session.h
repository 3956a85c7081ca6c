#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/postgres/address.h"
#include "adapters/postgres/connection.h"

namespace gnomon::postgres {

// One session and one thread for all stores of this process at one server: hears of what others
// wrote, looks for it where it heard nothing, and holds the locks that say who seals. When the
// session is lost so are its locks: another server seals then.
class Session {
 public:
  // A store that takes part. The calls come from the session's thread, one at a time.
  struct Member {
    std::string schema;
    // There are records up to this one.
    std::function<void(uint64_t)> follow;
    std::atomic<bool> sealer = false;   // it is the one that seals
    std::atomic<bool> present = false;  // the session holds the lock that says so
  };
  using MemberPtr = std::shared_ptr<Member>;

  static std::shared_ptr<Session> get(const Address& address);
  explicit Session(std::string uri);
  ~Session();

  void join(MemberPtr member);
  // The member is not called any more when this returns. Gives its locks back.
  void leave(const MemberPtr& member);
  // Whether no other server has the schema open now.
  bool alone(const MemberPtr& member);

 private:
  using Clock = std::chrono::steady_clock;
  void loop();
  void connect();
  void wait_for_news();
  void look();
  void elect();
  bool lock(const char* function, const std::string& schema, const char* purpose);
  bool others_here(const Member& member) const;

  const std::string uri_;
  std::mutex mutex_;  // held while members are called
  std::vector<MemberPtr> members_;
  std::unique_ptr<Connection> connection_;
  Clock::time_point looked_;
  Clock::time_point elected_;
  std::chrono::milliseconds pause_{0};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace gnomon::postgres
