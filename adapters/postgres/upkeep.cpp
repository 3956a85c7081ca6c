#include "adapters/postgres/upkeep.h"

#include <algorithm>
#include <set>
#include <string>

#include "adapters/postgres/schema.h"
#include "adapters/postgres/sealer.h"
#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

constexpr auto kMeasurePause = std::chrono::seconds(2);
constexpr auto kPartsPause = std::chrono::seconds(30);
// Others may be about to read these records; a server that is further behind reads all anew.
constexpr auto kLogGrace = std::chrono::seconds(10);
// Queries that began before a window was given up may still read it.
constexpr const char* kPartGrace = "15 minutes";

}  // namespace

Upkeep::Upkeep(State& state, Committer& committer, std::shared_ptr<Session> session,
               Session::MemberPtr member)
    : state_(state),
      committer_(committer),
      session_(std::move(session)),
      member_(std::move(member)),
      seal_policy_(state.head, state.options.seal_grace_ms) {}

void Upkeep::start() {
  thread_.start([this] { return member_->sealer ? run(false) : Result<void>(); });
}

Result<void> Upkeep::run(bool everything) {
  const std::lock_guard hold(maintenance_);
  TRY_VOID(measure_log());
  TRY_VOID(seal(everything));
  TRY_VOID(age());
  TRY_VOID(free_log(false));
  return drop_parts();
}

Result<void> Upkeep::measure_log() {
  // Nothing is asked of the database for a store that nobody writes to.
  const uint64_t applied = state_.applied();
  if (applied == measured_seq_ || Clock::now() - measured_ < kMeasurePause) return {};
  measured_ = Clock::now();
  measured_seq_ = applied;
  TRY(const auto lease, state_.pool->lease());
  TRY(const Rows rows,
      lease->run("SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint FROM "
                 "pg_inherits WHERE inhparent = to_regclass(" +
                 quote_text(state_.table("log")) + ")"));
  log_bytes_ = static_cast<uint64_t>(rows.integer(0, 0));
  return {};
}

Result<void> Upkeep::seal(bool everything) {
  const bool full = log_bytes_ > state_.options.log_bytes_max;
  const auto ripe = seal_policy_.now(everything || full);
  std::set<int64_t> due;
  bool frozen = false;
  const auto windows = state_.head.snapshot();
  for (const auto& window : *windows) {
    if (window->last_seq() != 0) {
      frozen = true;
    } else if (ripe(*window)) {
      due.insert(window->window());
    }
  }
  if (!due.empty()) {
    TRY_VOID(committer_.act(
        [&](Connection&) -> Result<std::optional<Control>> {
          Control control;
          control.freeze.assign(due.begin(), due.end());
          return std::optional<Control>(std::move(control));
        },
        {.new_epoch = true}));
    measured_ = {};
    measured_seq_ = 0;
  }
  return frozen || !due.empty() ? seal_frozen() : Result<void>();
}

Result<void> Upkeep::seal_frozen() {
  storage::HeadWindows frozen;
  {
    const std::lock_guard applying(state_.apply_mutex());
    frozen = state_.head.freeze([](const storage::HeadWindow&) { return false; });
  }
  for (const auto& window : frozen) {
    TRY_VOID(committer_.act(
        [&](Connection& connection) { return seal_window(state_, connection, *window); }, {}));
  }
  return {};
}

// Days that are over are merged, those past the retention go.
Result<void> Upkeep::age() {
  const int64_t newest = blocks::newest_time_ms(state_.head);
  if (newest == storage::kStoreTimeMin) return {};  // nothing there yet
  const auto stored = state_.stored();
  const int64_t retained = newest - state_.options.retention_ms;
  const auto over = [&](int64_t time_ms) {
    return std::any_of(stored.begin(), stored.end(), [&](const auto& entry) {
      const Stored& one = entry.second;
      const int64_t window_ms = one.days ? storage::kDayMs : storage::kWindowMs;
      return (one.window + 1) * window_ms <= time_ms;
    });
  };
  if (state_.options.retention_ms > 0 && over(retained)) {
    Marks marks;
    TRY_VOID(committer_.act(
        [&](Connection& connection) { return expire(state_, connection, retained, marks); }, {}));
    TRY_VOID(forget_empty(std::move(marks)));
  }
  const int64_t merged = newest - state_.options.day_merge_after_ms;
  const bool windows = std::any_of(stored.begin(), stored.end(), [&](const auto& entry) {
    const int64_t day = part_of(blocks::kWindowChunks, entry.second.window);
    return !entry.second.days && (day + 1) * storage::kDayMs <= merged;
  });
  if (!windows) return {};
  return committer_.act(
      [&](Connection& connection) { return merge_day(state_, connection, merged); }, {});
}

// Most is looked up while others write; what changed since is looked up while they wait.
Result<void> Upkeep::forget_empty(Marks marks) {
  State::StoredMap looked_at = state_.stored();
  {
    TRY(const auto lease, state_.pool->lease());
    TRY_VOID(unmark(state_, *lease, {}, marks));
  }
  if (std::find(marks.begin(), marks.end(), true) == marks.end()) return {};
  return committer_.act(
      [&](Connection& connection) { return forget(state_, connection, looked_at, marks); },
      {.alone = true});
}

Result<void> Upkeep::remove(const storage::CatalogQuery& what) {
  const std::lock_guard hold(maintenance_);
  TRY_VOID(committer_.act(
      [](Connection&) -> Result<std::optional<Control>> {
        return std::optional<Control>(Control{.freeze_all = true});
      },
      {.new_epoch = true}));
  TRY_VOID(seal_frozen());
  Marks marks;
  TRY_VOID(committer_.act(
      [&](Connection& connection) { return postgres::remove(state_, connection, what, marks); },
      {}));
  return forget_empty(std::move(marks));
}

// Drops the parts of the log whose records are in chunks.
Result<void> Upkeep::free_log(bool at_once) {
  uint64_t needed;
  {
    const std::lock_guard applying(state_.apply_mutex());
    needed = std::min(state_.head.needed_seq(nullptr), state_.applied() + 1);
  }
  if (Clock::now() - log_checked_ < kMeasurePause && !at_once) return {};
  log_checked_ = Clock::now();
  if (needed == log_needed_ && spare_epochs_.empty() && !at_once) return {};
  log_needed_ = needed;
  TRY(const auto lease, state_.pool->lease());
  const std::string parts = state_.table("log_part");
  TRY(const Rows rows, lease->query("SELECT epoch, lead(first) OVER (ORDER BY epoch) FROM " +
                                    parts + " ORDER BY epoch"));
  std::vector<int64_t> spare;
  uint64_t kept_from = 0;
  for (int r = 0; r + 1 < rows.count(); ++r) {  // the newest one stays
    const auto end = static_cast<uint64_t>(rows.integer(r, 1));
    if (end > needed) break;
    const int64_t epoch = rows.integer(r, 0);
    const auto since = spare_epochs_.try_emplace(epoch, Clock::now()).first->second;
    if (!at_once && Clock::now() - since < kLogGrace) break;
    spare.push_back(epoch);
    kept_from = end;
  }
  if (spare.empty()) return {};
  std::string text = "BEGIN; SET LOCAL lock_timeout = '2s';";
  for (int64_t epoch : spare) {
    text += "DROP TABLE IF EXISTS " + state_.table("log_" + std::to_string(epoch)) + ";";
  }
  text += "DELETE FROM " + parts + " WHERE epoch <= " + std::to_string(spare.back()) + ";";
  text += "DELETE FROM " + state_.table("sealed") + " WHERE seq < " + std::to_string(kept_from) +
          ";COMMIT";
  TRY(const Rows dropped, lease->run(text));
  for (int64_t epoch : spare) spare_epochs_.erase(epoch);
  measured_ = {};
  measured_seq_ = 0;
  return {};
}

Result<void> Upkeep::drop_parts() {
  if (Clock::now() - parts_checked_ < kPartsPause) return {};
  parts_checked_ = Clock::now();
  return committer_.tidy_up([&](Connection& connection) { return drop_dead_parts(connection); });
}

// Parts of which every window is given up, long enough ago; and exemplars beyond their number.
Result<void> Upkeep::drop_dead_parts(Connection& connection) {
  const std::string stored = state_.table("stored");
  TRY(const Rows rows, connection.run("SELECT days, win, coalesce(dead < now() - interval '" +
                                      std::string(kPartGrace) + "', false) FROM " + stored));
  std::map<std::pair<bool, int64_t>, bool> dead;
  for (int r = 0; r < rows.count(); ++r) {
    const bool days = rows.integer(r, 0) == 1;
    const int64_t part =
        part_of(days ? blocks::kDayChunks : blocks::kWindowChunks, rows.integer(r, 1));
    const bool one = rows.integer(r, 2) == 1;
    const auto [place, added] = dead.try_emplace({days, part}, one);
    place->second = place->second && one;
  }
  std::string text = "SET LOCAL lock_timeout = '2s';";
  for (const auto& [part, gone] : dead) {
    if (!gone) continue;
    const blocks::ChunkTable& table = part.first ? blocks::kDayChunks : blocks::kWindowChunks;
    const auto [first, end] = windows_of_part(table, part.second);
    text += "DROP TABLE IF EXISTS " + part_name(state_.address.schema, table, part.second) +
            ";DELETE FROM " + stored + " WHERE days = " + (part.first ? "true" : "false") +
            " AND win >= " + std::to_string(first) + " AND win < " + std::to_string(end) + ";";
  }
  const std::string exemplar = state_.table("exemplar");
  text += "DELETE FROM " + exemplar +
          " WHERE seq IN (SELECT seq FROM (SELECT seq, sum(count) OVER "
          "(ORDER BY seq DESC) - count AS newer FROM " +
          exemplar + ") e WHERE newer >= " + std::to_string(base::kExemplarsMax) + ")";
  TRY(const Rows dropped, connection.run(text));
  return {};
}

Result<void> Upkeep::close() {
  thread_.stop();
  const bool last = member_->sealer && session_->alone(member_);
  if (!last) return {};
  TRY_VOID(run(true));
  const std::lock_guard hold(maintenance_);
  return free_log(true);
}

}  // namespace gnomon::postgres
