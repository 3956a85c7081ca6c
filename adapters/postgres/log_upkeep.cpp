#include "adapters/postgres/log_upkeep.h"

#include <algorithm>
#include <string>
#include <utility>

#include "adapters/postgres/schema.h"

namespace gnomon::postgres {
namespace {

constexpr auto kMeasurePause = std::chrono::seconds(2);
// Others may be about to read these records; a server that is further behind reads all anew.
constexpr auto kLogGrace = std::chrono::seconds(10);

}  // namespace

LogUpkeep::LogUpkeep(const Address& address, Pool& pool, Log& log, const Committer& committer,
                     size_t log_bytes_max)
    : schema_(address.schema),
      pool_(pool),
      log_(log),
      committer_(committer),
      log_bytes_max_(log_bytes_max) {}

std::string LogUpkeep::table(std::string_view name) const { return table_name(schema_, name); }

void LogUpkeep::start(const std::atomic<bool>& sealer, std::stop_token closing) {
  thread_.start([this, &sealer, closing = std::move(closing)]() -> Result<void> {
    if (!sealer) return {};
    auto done = run(false, closing);
    return closing.stop_requested() ? Result<void>() : done;
  });
}

Result<void> LogUpkeep::run(bool everything, const std::stop_token& stop) {
  if (!running_.lock(stop)) return base::canceled();
  const std::lock_guard hold(running_, std::adopt_lock);
  if (log_.broken()) {
    TRY(const auto lease, pool_.lease(Pool::For::Writing, stop));
    TRY_VOID(log_.catch_up(*lease, Log::kAll, stop));
  }
  TRY_VOID(measure_log(stop));
  const bool full = log_bytes_ > log_bytes_max_;
  uint64_t needed = Log::kAll;
  for (Signal* signal : signals_) {
    TRY(const uint64_t from, signal->maintain(everything || full, stop));
    needed = std::min(needed, from);
  }
  needed_ = needed;
  return free_log(false, stop);
}

Result<void> LogUpkeep::measure_log(const std::stop_token& stop) {
  // Nothing is asked of the database for a schema that is not written to.
  const uint64_t applied = log_.applied();
  const uint64_t epochs = committer_.epochs_opened();
  const bool soon = epochs == measured_epochs_ && Clock::now() - measured_ < kMeasurePause;
  if ((applied == measured_seq_ && epochs == measured_epochs_) || soon) return {};
  measured_ = Clock::now();
  measured_seq_ = applied;
  measured_epochs_ = epochs;
  TRY(const auto lease, pool_.lease(Pool::For::Writing, stop));
  TRY(const Rows rows,
      lease->run("SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint FROM "
                 "pg_inherits WHERE inhparent = to_regclass(" +
                 quote_text(table("log")) + ")"));
  log_bytes_ = static_cast<uint64_t>(rows.integer(0, 0));
  return {};
}

Result<void> LogUpkeep::empty_log() {
  const std::lock_guard hold(running_);
  return free_log(true, {});
}

// Drops the parts of the log whose records no signal needs.
Result<void> LogUpkeep::free_log(bool at_once, const std::stop_token& stop) {
  if (Clock::now() - log_checked_ < kMeasurePause && !at_once) return {};
  log_checked_ = Clock::now();
  if (needed_ == checked_needed_ && spare_epochs_.empty() && !at_once) return {};
  checked_needed_ = needed_;
  TRY(const auto lease, pool_.lease(Pool::For::Writing, stop));
  const std::string parts = table("log_part");
  TRY(const Rows rows, lease->query("SELECT epoch, lead(first) OVER (ORDER BY epoch) FROM " +
                                    parts + " ORDER BY epoch"));
  std::vector<int64_t> spare;
  for (int r = 0; r + 1 < rows.count(); ++r) {  // the newest one stays
    if (static_cast<uint64_t>(rows.integer(r, 1)) > needed_) break;
    const int64_t epoch = rows.integer(r, 0);
    const auto since = spare_epochs_.try_emplace(epoch, Clock::now()).first->second;
    if (!at_once && Clock::now() - since < kLogGrace) break;
    spare.push_back(epoch);
  }
  if (spare.empty()) return {};
  std::string text = "BEGIN; SET LOCAL lock_timeout = '2s';";
  for (int64_t epoch : spare) {
    text += "DROP TABLE IF EXISTS " + table("log_" + std::to_string(epoch)) + ";";
  }
  text += "DELETE FROM " + parts + " WHERE epoch <= " + std::to_string(spare.back()) + ";COMMIT";
  TRY(const Rows dropped, lease->run(text));
  for (int64_t epoch : spare) spare_epochs_.erase(epoch);
  measured_seq_ = 0;
  measured_ = {};
  return {};
}

}  // namespace gnomon::postgres
