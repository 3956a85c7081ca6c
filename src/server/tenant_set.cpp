#include "src/server/tenant_set.h"

#include <exception>
#include <utility>

#include "src/base/log.h"
#include "src/base/text.h"

namespace gnomon::server {

TenantSet::TenantSet(Source source, std::unique_ptr<Tenant> empty)
    : source_(std::move(source)), empty_(std::move(empty)) {}

TenantSet::~TenantSet() = default;

TenantSet::Counts TenantSet::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.open = entries_.size();
  return counts;
}

Result<TenantSet::ContextPtr> TenantSet::find(std::string_view name, bool writes,
                                              std::stop_token stop) {
  const std::string key(name);
  Lock lock(mutex_);
  bool create = writes;
  while (true) {
    const auto at = entries_.find(key);
    if (at == entries_.end()) {
      if (create) return open(key, lock);
      lock.unlock();
      if (!source_.may_exist(key)) return ContextPtr(ContextPtr(), &empty_->context());
      lock.lock();
      create = true;
      continue;
    }
    if (at->second.passage == nullptr) return lease(at->second);
    const std::shared_ptr<Passage> passage = at->second.passage;
    if (!passed_.wait(lock, stop, [&] { return passage->done; })) {
      return Error{ErrorKind::Canceled, "the request was canceled while its tenant was opened"};
    }
    if (passage->error) return *passage->error;
  }
}

// With the lock held, here and below.
TenantSet::ContextPtr TenantSet::lease(Entry& entry) {
  if (entry.users++ == 0) idle_.erase(entry.idle);
  return {&entry.tenant->context(), [this, &entry](const http::TenantContext*) { release(entry); }};
}

void TenantSet::release(Entry& entry) {
  Lock lock(mutex_);
  if (--entry.users > 0) return;
  entry.idle = idle_.insert(idle_.begin(), &entry);
  close_one(lock);
}

// The tenant has no entry. The lock is given up in between.
Result<TenantSet::ContextPtr> TenantSet::open(const std::string& name, Lock& lock) {
  if (!source_.closable && entries_.size() >= source_.open_max) {
    return Error{ErrorKind::Unavailable,
                 "no further tenant: this store can hold " + std::to_string(source_.open_max)};
  }
  Entry& entry = entries_[name];
  entry.name = name;
  entry.passage = std::make_shared<Passage>();
  close_one(lock);
  lock.unlock();
  auto opened = try_open(name);
  lock.lock();
  if (!opened.ok()) {
    ++counts_.failed;
    leave(entry, opened.error());
    return opened.error();
  }
  ++counts_.opened;
  entry.tenant = std::move(opened).value();
  entry.passage->done = true;
  entry.passage = nullptr;
  passed_.notify_all();
  entry.idle = idle_.insert(idle_.begin(), &entry);
  return lease(entry);
}

// Whatever is wrong with a store is no fault of the request: a sender shall try again.
Result<std::unique_ptr<Tenant>> TenantSet::try_open(const std::string& name) const {
  Error error{ErrorKind::Unavailable, ""};
  try {
    auto opened = source_.open(name);
    if (opened.ok()) return opened;
    error.message = opened.error().message;
  } catch (const std::exception& exception) {
    error.message = exception.what();
  }
  base::log(base::LogLevel::Error, "Cannot open the store of a tenant",
            {{"tenant", name}, {"err", error.message}});
  error.message = "cannot open the store of tenant " + base::quote(name) + ": " + error.message;
  return error;
}

// Closes the tenant that was not used for longest when there are too many. The lock is given up in
// between.
void TenantSet::close_one(Lock& lock) {
  if (!source_.closable || entries_.size() <= source_.open_max || idle_.empty()) return;
  Entry& entry = *idle_.back();
  idle_.pop_back();
  entry.passage = std::make_shared<Passage>();
  std::unique_ptr<Tenant> tenant = std::move(entry.tenant);
  lock.unlock();
  tenant.reset();
  lock.lock();
  ++counts_.closed;
  leave(entry, std::nullopt);
}

void TenantSet::leave(Entry& entry, std::optional<Error> error) {
  entry.passage->error = std::move(error);
  entry.passage->done = true;
  entries_.erase(std::string(entry.name));
  passed_.notify_all();
}

}  // namespace gnomon::server
