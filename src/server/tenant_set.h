#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/context.h"
#include "src/base/result.h"
#include "src/server/tenant.h"

namespace gnomon::server {

// The tenants whose stores are open: those used last, at most `open_max` of them and, beyond that,
// those that requests are using right now. What is not in use is closed to make room. All members:
// any thread; opening and closing one tenant keeps no other waiting. The contexts that it gave out
// must be gone before it is.
class TenantSet final : public http::Tenants {
 public:
  // How tenants are opened. The functions are called from any thread, at once for several tenants,
  // but for one tenant only one at a time and never while it is still being closed.
  struct Source {
    std::function<Result<std::unique_ptr<Tenant>>(const std::string& name)> open;
    // False when the tenant certainly never wrote anything.
    std::function<bool(const std::string& name)> may_exist;
    size_t open_max = 0;
    // False: closing would lose the data. Then no tenant is, and no more than open_max are opened.
    bool closable = true;
  };
  // `empty` answers reads of tenants that have no data; it is never written to.
  TenantSet(Source source, std::unique_ptr<Tenant> empty);
  ~TenantSet() override;  // closes all

  Result<std::shared_ptr<const http::TenantContext>> find(std::string_view name, bool writes,
                                                          std::stop_token stop) override;

  struct Counts {
    uint64_t open = 0;  // right now
    uint64_t opened = 0, failed = 0, closed = 0;
  };
  Counts counts() const;

 private:
  // The way into the set or out of it, on which requests for the tenant wait.
  struct Passage {
    bool done = false;
    std::optional<Error> error;  // why it was not opened
  };
  struct Entry {
    std::unique_ptr<Tenant> tenant;
    std::shared_ptr<Passage> passage;  // null: open
    size_t users = 0;
    std::list<Entry*>::iterator idle;  // its place, while it is open and has no users
    std::string name;
  };
  using Lock = std::unique_lock<std::mutex>;
  using ContextPtr = std::shared_ptr<const http::TenantContext>;

  ContextPtr lease(Entry& entry);
  void release(Entry& entry);
  Result<ContextPtr> open(const std::string& name, Lock& lock);
  Result<std::unique_ptr<Tenant>> try_open(const std::string& name) const;
  void close_one(Lock& lock);
  void leave(Entry& entry, std::optional<Error> error);

  const Source source_;
  const std::unique_ptr<Tenant> empty_;
  mutable std::mutex mutex_;
  std::condition_variable_any passed_;
  std::unordered_map<std::string, Entry> entries_;  // guarded by mutex_, as what follows
  std::list<Entry*> idle_;                          // used last in front
  Counts counts_;
};

}  // namespace gnomon::server
