#include "adapters/postgres/database.h"

#include <chrono>
#include <utility>

#include "adapters/postgres/schema.h"
#include "src/base/limits.h"
#include "src/base/log.h"

namespace gnomon::postgres {

Database::Database(Address address, const storage::StoreOptions& options)
    : address_(std::move(address)),
      background_(options.background),
      pool_(Pool::get(address_)),
      log_(address_, pool_, closing_.get_token()),
      committer_(address_, *pool_, log_),
      session_(Session::get(address_)),
      upkeep_(address_, *pool_, log_, committer_, options.log_bytes_max) {}

Database::~Database() { close(); }

void Database::add(Signal& signal, SignalTables tables) {
  log_.add(signal, tables.number, tables.counters);
  committer_.add(signal, tables.number, tables.counters);
  upkeep_.add(signal);
  tables_.push_back(std::move(tables));
}

std::string Database::table(std::string_view name) const {
  return table_name(address_.schema, name);
}

Result<void> Database::start() {
  {
    TRY(const auto lease, pool_->lease(Pool::For::Writing, {}));
    TRY_VOID(open_schema(*lease, address_.schema, tables_));
    TRY_VOID(log_.load(*lease));
  }
  member_->schema = address_.schema;
  member_->follow = [this](uint64_t seq) { follow_to(seq); };
  session_->join(member_);
  started_ = true;
  if (background_) upkeep_.start(member_->sealer, closing());
  return {};
}

void Database::close() {
  if (!std::exchange(started_, false)) return;
  closing_.request_stop();
  upkeep_.stop();
  Result<void> sealed;
  if (member_->sealer && session_->alone(member_)) {
    sealed = upkeep_.run(true, {});
    if (sealed.ok()) sealed = upkeep_.empty_log();
  }
  session_->leave(member_);
  if (sealed.ok()) return;
  // Nothing is lost: it is in the log.
  base::log(base::LogLevel::Warn, "the store was not sealed", {{"error", sealed.error().message}});
}

// There are records up to this one.
void Database::follow_to(uint64_t seq) {
  if (seq == log_.applied() && !log_.broken()) return log_.note_fresh();
  const auto followed = [&]() -> Result<void> {
    TRY(const auto lease, pool_->lease(Pool::For::Writing, closing()));
    return log_.catch_up(*lease, seq, closing());
  }();
  if (followed.ok() || closing_.stop_requested()) return;
  base::log(base::LogLevel::Warn, "the log could not be followed; it is tried again",
            {{"error", followed.error().message}});
}

Result<void> Database::follow(const std::stop_token& stop) {
  TRY(const auto lease, pool_->lease(Pool::For::Reading, stop));
  return log_.catch_up(*lease, Log::kAll, stop);
}

Result<void> Database::follow_when_behind(const std::stop_token& stop) {
  if (log_.behind() <= std::chrono::milliseconds(base::kPostgresBehindMs)) return {};
  return follow(stop);
}

Database::Counts Database::counts() const {
  return {committer_.counts(), upkeep_.log_bytes(), log_.applied(), member_->sealer};
}

}  // namespace gnomon::postgres
