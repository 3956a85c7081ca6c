#include "adapters/postgres/metrics/upkeep.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "adapters/postgres/metrics/sealer.h"
#include "adapters/postgres/metrics/tables.h"
#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

constexpr auto kPartsPause = std::chrono::seconds(30);
// Queries that began before a window was given up may still read it.
constexpr const char* kPartGrace = "15 minutes";

using Done = Result<std::optional<Control>>;

// Freezes windows and does nothing else.
Done freeze(Control control) { return std::optional<Control>(std::move(control)); }

}  // namespace

MetricsUpkeep::MetricsUpkeep(MetricsState& state)
    : state_(state), seal_policy_(state.head, state.options.seal_grace_ms) {}

template <typename Body>
Result<void> MetricsUpkeep::act(const Body& body, Committer::Options options,
                                const std::stop_token& stop) {
  return state_.database.committer().act(
      storage::Signal::Metrics,
      [&](Connection& connection) -> Result<std::optional<std::string>> {
        TRY(const std::optional<Control> control, body(connection));
        if (!control) return std::optional<std::string>();
        std::string record;
        put_control(*control, record);
        return std::optional<std::string>(std::move(record));
      },
      options, stop);
}

Result<uint64_t> MetricsUpkeep::run(bool everything, const std::stop_token& stop) {
  if (!working_.lock(stop)) return base::canceled();
  const std::lock_guard hold(working_, std::adopt_lock);
  TRY_VOID(seal(everything, stop));
  TRY_VOID(age(stop));
  TRY_VOID(drop_parts(stop));
  Log& log = state_.database.log();
  const std::lock_guard applying(log.apply_mutex());
  return std::min(state_.head.needed_seq(nullptr), log.applied() + 1);
}

Result<void> MetricsUpkeep::seal(bool everything, const std::stop_token& stop) {
  const auto ripe = seal_policy_.now(everything);
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
    const std::vector<int64_t> list(due.begin(), due.end());
    TRY_VOID(act([&](Connection&) { return freeze({.freeze = list}); }, {.new_epoch = true}, stop));
  }
  return frozen || !due.empty() ? seal_frozen(stop) : Result<void>();
}

Result<void> MetricsUpkeep::seal_frozen(const std::stop_token& stop) {
  storage::HeadWindows frozen;
  {
    const std::lock_guard applying(state_.database.log().apply_mutex());
    frozen = state_.head.freeze([](const storage::HeadWindow&) { return false; });
  }
  for (const auto& window : frozen) {
    TRY_VOID(act([&](Connection& connection) { return seal_window(state_, connection, *window); },
                 {}, stop));
  }
  return {};
}

// Days that are over are merged, those past the retention go.
Result<void> MetricsUpkeep::age(const std::stop_token& stop) {
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
    TRY_VOID(act(
        [&](Connection& connection) { return expire(state_, connection, retained, marks, stop); },
        {}, stop));
    TRY_VOID(forget_empty(std::move(marks), stop));
  }
  const int64_t merged = newest - state_.options.day_merge_after_ms;
  const bool windows = std::any_of(stored.begin(), stored.end(), [&](const auto& entry) {
    const int64_t day = part_of(blocks::kWindowChunks, entry.second.window);
    return !entry.second.days && (day + 1) * storage::kDayMs <= merged;
  });
  if (!windows) return {};
  return act([&](Connection& connection) { return merge_day(state_, connection, merged, stop); },
             {}, stop);
}

// Most is looked up while others write; what changed since is looked up while they wait.
Result<void> MetricsUpkeep::forget_empty(Marks marks, const std::stop_token& stop) {
  MetricsState::StoredMap looked_at = state_.stored();
  {
    TRY(const auto lease, state_.database.lease(stop));
    TRY_VOID(unmark(state_, *lease, {}, marks));
  }
  if (std::find(marks.begin(), marks.end(), true) == marks.end()) return {};
  return act([&](Connection& connection) { return forget(state_, connection, looked_at, marks); },
             {.alone = true}, stop);
}

Result<void> MetricsUpkeep::remove(const storage::CatalogQuery& what, const std::stop_token& stop) {
  if (!working_.lock(stop)) return base::canceled();
  const std::lock_guard hold(working_, std::adopt_lock);
  TRY_VOID(
      act([](Connection&) { return freeze({.freeze_all = true}); }, {.new_epoch = true}, stop));
  TRY_VOID(seal_frozen(stop));
  Marks marks;
  TRY_VOID(act(
      [&](Connection& connection) {
        return postgres::remove(state_, connection, what, marks, stop);
      },
      {}, stop));
  // Not stopped: series without samples would stay until another deletion finds them.
  return forget_empty(std::move(marks), {});
}

Result<void> MetricsUpkeep::drop_parts(const std::stop_token& stop) {
  if (Clock::now() - parts_checked_ < kPartsPause) return {};
  parts_checked_ = Clock::now();
  return state_.database.committer().tidy_up(
      [&](Connection& connection) { return drop_dead_parts(connection); }, stop);
}

// Parts of which every window is given up, long enough ago; exemplars beyond their number.
Result<void> MetricsUpkeep::drop_dead_parts(Connection& connection) {
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
    text += "DROP TABLE IF EXISTS " + part_name(state_.schema(), table, part.second) +
            ";DELETE FROM " + stored + " WHERE days = " + (part.first ? "true" : "false") +
            " AND win >= " + std::to_string(first) + " AND win < " + std::to_string(end) + ";";
  }
  const std::string exemplar = state_.table("exemplar");
  text += "DELETE FROM " + exemplar +
          " WHERE seq IN (SELECT seq FROM (SELECT seq, sum(count) OVER "
          "(ORDER BY seq DESC) - count AS newer FROM " +
          exemplar + ") e WHERE newer >= " + std::to_string(base::kExemplarsMax) + ");";
  // Of records that the log does not have any more.
  text += "DELETE FROM " + state_.table("sealed") + " WHERE seq < (SELECT min(first) FROM " +
          state_.table("log_part") + ")";
  TRY(const Rows dropped, connection.run(text));
  return {};
}

}  // namespace gnomon::postgres
