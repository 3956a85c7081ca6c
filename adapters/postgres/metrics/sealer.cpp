#include "adapters/postgres/metrics/sealer.h"

#include <algorithm>
#include <map>

#include "adapters/postgres/metrics/chunk_pages.h"
#include "adapters/postgres/metrics/tables.h"
#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/merge.h"

namespace gnomon::postgres {
namespace {

using storage::SeriesId;

constexpr size_t kBlockSeries = 4096;

// With the log applied, memory has what the database has: nothing else changes chunks meanwhile.
// The connection ends it when its stop fires.
Result<void> catch_up(MetricsState& state, Connection& connection, const std::stop_token& stop) {
  return state.database.log().catch_up(connection, Log::kAll, stop);
}

std::string sql_bool(bool v) { return v ? "true" : "false"; }

// Makes the part of the table that holds the window when it is missing.
Result<void> ensure_part(MetricsState& state, Connection& connection,
                         const blocks::ChunkTable& table, int64_t window) {
  const int64_t part = part_of(table, window);
  const std::string name = part_name(state.schema(), table, part);
  TRY(const Rows there, connection.run("SELECT to_regclass(" + quote_text(name) + ") IS NOT NULL"));
  if (there.integer(0, 0) == 1) return {};
  const auto [first, end] = windows_of_part(table, part);
  const std::string parent = state.table(table.name);
  TRY(const Rows made,
      connection.run("CREATE TABLE " + name + " (LIKE " + parent +
                     " INCLUDING STORAGE); ALTER TABLE " + parent + " ATTACH PARTITION " + name +
                     " FOR VALUES FROM (" + std::to_string(first) + ") TO (" + std::to_string(end) +
                     ")"));
  return {};
}

// The row of `stored`, also of a window that was given up; nothing when there is none.
Result<std::optional<Stored>> find_stored(MetricsState& state, Connection& connection, bool days,
                                          int64_t window) {
  TRY(const Rows rows,
      connection.run("SELECT chunks, min_time, max_time FROM " + state.table("stored") +
                     " WHERE days = " + sql_bool(days) + " AND win = " + std::to_string(window)));
  if (rows.count() == 0) return std::optional<Stored>();
  return std::optional<Stored>(Stored{days, window, static_cast<uint64_t>(rows.integer(0, 0)),
                                      rows.integer(0, 1), rows.integer(0, 2)});
}

Result<void> put_stored(MetricsState& state, Connection& connection, const Stored& one) {
  TRY(const Rows put,
      connection.query(
          "INSERT INTO " + state.table("stored") + " VALUES (" + sql_bool(one.days) +
              ", $1, $2, $3, $4) ON CONFLICT (days, win) DO UPDATE SET chunks = $2, "
              "min_time = $3, max_time = $4, dead = NULL",
          {Value::integer(one.window), Value::integer(static_cast<int64_t>(one.chunks)),
           Value::integer(one.min_time_ms), Value::integer(one.max_time_ms)}));
  return {};
}

Result<void> bury(MetricsState& state, Connection& connection, const std::vector<Stored>& gone) {
  std::string list;
  for (const Stored& one : gone) {
    list +=
        (list.empty() ? "(" : ", (") + sql_bool(one.days) + ", " + std::to_string(one.window) + ")";
  }
  TRY(const Rows changed, connection.run("UPDATE " + state.table("stored") +
                                         " SET dead = now() WHERE (days, win) IN (" + list + ")"));
  return {};
}

using Pages = std::vector<blocks::ChunkPagePtr>;

// As the database has them in this transaction.
Result<Pages> pages_of(MetricsState& state, Connection& connection,
                       const std::vector<blocks::PageId>& ids) {
  if (ids.empty()) return Pages();
  return read_pages(connection, state.schema(), ids);
}

Result<void> decode(const blocks::ChunkPagePtr& page, uint32_t series, model::SampleBlock& block) {
  const std::string_view chunks = page->chunks(series);
  if (chunks.empty()) return {};
  return storage::decode_chunks(chunks, model::kTimeMin, model::kTimeMax, block);
}

void mark(Marks& marks, uint32_t series) {
  if (series >= marks.size()) marks.resize(series + size_t{1}, false);
  marks[series] = true;
}

// One page of a window that is being sealed. Counts the chunks that are new.
Result<void> seal_page(const storage::HeadWindow& window, const blocks::ChunkPagePtr& old,
                       uint32_t first, uint64_t& added, PageWriter& writer) {
  model::SampleBlock block;
  std::string chunks;
  const uint32_t end = first + blocks::kWindowChunks.page_series;
  for (uint32_t series = first; series < end; ++series) {
    const auto id = static_cast<SeriesId>(series);
    const std::string_view before = old == nullptr ? std::string_view() : old->chunks(series);
    if (!window.has(id)) {
      if (!before.empty()) TRY_VOID(writer.add(series, before));
      continue;
    }
    block.clear();
    if (old != nullptr) TRY_VOID(decode(old, series, block));
    TRY_VOID(window.read(id, model::kTimeMin, model::kTimeMax, block));
    if (block.empty()) continue;
    chunks.clear();
    storage::encode_chunks(block, chunks);
    if (before.empty()) ++added;
    TRY_VOID(writer.add(series, chunks));
  }
  return {};
}

bool any_series(const storage::HeadWindow& window, uint32_t first) {
  for (uint32_t i = 0; i < blocks::kWindowChunks.page_series; ++i) {
    if (window.has(static_cast<SeriesId>(first + i))) return true;
  }
  return false;
}

}  // namespace

Result<std::optional<Control>> seal_window(MetricsState& state, Connection& connection,
                                           const storage::HeadWindow& window) {
  const int64_t number = window.window();
  const auto frozen_at = static_cast<int64_t>(window.last_seq());
  const std::string sealed = state.table("sealed");
  TRY(const Rows done, connection.query("SELECT 1 FROM " + sealed + " WHERE win = $1 AND seq >= $2",
                                        {Value::integer(number), Value::integer(frozen_at)}));
  if (done.count() > 0) return std::optional<Control>();
  TRY(const auto before, find_stored(state, connection, false, number));
  TRY_VOID(ensure_part(state, connection, blocks::kWindowChunks, number));
  PageWriter writer(connection, state.schema(), blocks::kWindowChunks, number);
  if (before) writer.replace();
  uint64_t added = 0;
  for (uint32_t first = 0; first < window.series_end();
       first += blocks::kWindowChunks.page_series) {
    if (!any_series(window, first)) continue;
    Pages old = {nullptr};
    if (before) {
      TRY(old, pages_of(state, connection, {{&blocks::kWindowChunks, number, first}}));
    }
    TRY_VOID(seal_page(window, old.front(), first, added, writer));
  }
  TRY_VOID(writer.finish());
  Stored after{false, number, added, window.min_time_ms(), window.max_time_ms()};
  if (before) {
    after.chunks += before->chunks;
    after.min_time_ms = std::min(after.min_time_ms, before->min_time_ms);
    after.max_time_ms = std::max(after.max_time_ms, before->max_time_ms);
  }
  TRY_VOID(put_stored(state, connection, after));
  TRY(const Rows noted, connection.query("INSERT INTO " + sealed +
                                             " VALUES ($1, $2) ON CONFLICT (win) DO UPDATE SET "
                                             "seq = $2",
                                         {Value::integer(number), Value::integer(frozen_at)}));
  Control control;
  control.put.push_back(after);
  control.sealed.push_back({number, window.last_seq()});
  return std::optional<Control>(std::move(control));
}

namespace {

// The windows of the day that are alive, and the day itself when it is there already.
struct Day {
  int64_t number = 0;
  std::vector<Stored> windows;
  std::optional<Stored> before;
};

std::optional<Day> find_day(const MetricsState::StoredMap& stored, int64_t time_ms) {
  Day day;
  for (const auto& [key, one] : stored) {
    if (one.days) continue;
    const int64_t number = part_of(blocks::kWindowChunks, one.window);
    if (day.windows.empty()) day.number = number;
    if (number == day.number) day.windows.push_back(one);
  }
  if (day.windows.empty() || (day.number + 1) * storage::kDayMs > time_ms) return std::nullopt;
  const auto before = stored.find({true, day.number});
  if (before != stored.end()) day.before = before->second;
  return day;
}

// The series of one page of windows, which are those of several pages of the day.
Result<void> merge_page(MetricsState& state, Connection& connection, const Day& day, uint32_t first,
                        uint64_t& chunks_gained, PageWriter& writer) {
  std::vector<blocks::PageId> ids;
  for (const Stored& one : day.windows) ids.push_back({&blocks::kWindowChunks, one.window, first});
  const uint32_t end = first + blocks::kWindowChunks.page_series;
  for (uint32_t at = first; day.before && at < end; at += blocks::kDayChunks.page_series) {
    ids.push_back({&blocks::kDayChunks, day.number, at});
  }
  TRY(const Pages pages, pages_of(state, connection, ids));
  const size_t windows = day.windows.size();
  model::SampleBlock block;
  std::string chunks;
  for (uint32_t series = first; series < end; ++series) {
    block.clear();
    bool exists = false;
    if (day.before) {
      const auto& page = pages[windows + (series - first) / blocks::kDayChunks.page_series];
      exists = !page->chunks(series).empty();
      TRY_VOID(decode(page, series, block));
    }
    for (size_t i = 0; i < windows; ++i) TRY_VOID(decode(pages[i], series, block));
    if (block.empty()) continue;
    chunks.clear();
    storage::encode_chunks(block, chunks);
    if (!exists) ++chunks_gained;
    TRY_VOID(writer.add(series, chunks));
  }
  return {};
}

}  // namespace

Result<std::optional<Control>> merge_day(MetricsState& state, Connection& connection,
                                         int64_t time_ms, const std::stop_token& stop) {
  TRY_VOID(catch_up(state, connection, stop));
  const std::optional<Day> day = find_day(state.stored(), time_ms);
  if (!day) return std::optional<Control>();
  TRY_VOID(ensure_part(state, connection, blocks::kDayChunks, day->number));
  PageWriter writer(connection, state.schema(), blocks::kDayChunks, day->number);
  TRY(const auto there, find_stored(state, connection, true, day->number));
  if (there) writer.replace();
  uint64_t gained = 0;
  for (uint32_t first = 0; first < state.series_end(); first += blocks::kWindowChunks.page_series) {
    TRY_VOID(merge_page(state, connection, *day, first, gained, writer));
  }
  TRY_VOID(writer.finish());
  Stored after =
      day->before.value_or(Stored{true, day->number, 0, model::kTimeMax, model::kTimeMin});
  after.chunks += gained;
  for (const Stored& one : day->windows) {
    after.min_time_ms = std::min(after.min_time_ms, one.min_time_ms);
    after.max_time_ms = std::max(after.max_time_ms, one.max_time_ms);
  }
  TRY_VOID(put_stored(state, connection, after));
  TRY_VOID(bury(state, connection, day->windows));
  Control control;
  control.put.push_back(after);
  control.gone = day->windows;
  return std::optional<Control>(std::move(control));
}

Result<std::optional<Control>> expire(MetricsState& state, Connection& connection, int64_t time_ms,
                                      Marks& marks, const std::stop_token& stop) {
  TRY_VOID(catch_up(state, connection, stop));
  Control control;
  for (const auto& [key, one] : state.stored()) {
    const blocks::ChunkTable& table = table_of(one.days);
    if ((one.window + 1) * table.window_ms > time_ms) continue;
    TRY(const auto members, read_members(connection, state.schema(), table, one.window));
    for (uint32_t i = 0; i < members.size(); ++i) {
      if (members[i]) mark(marks, i);
    }
    control.gone.push_back(one);
  }
  if (control.gone.empty()) return std::optional<Control>();
  TRY_VOID(bury(state, connection, control.gone));
  return std::optional<Control>(std::move(control));
}

namespace {

// Rewrites the pages of a window that lose samples.
Result<bool> remove_from(MetricsState& state, Connection& connection, Stored& stored,
                         const std::vector<SeriesId>& ids, const storage::CatalogQuery& what,
                         Marks& marks) {
  const blocks::ChunkTable& table = table_of(stored.days);
  PageWriter writer(connection, state.schema(), table, stored.window);
  writer.replace();
  bool changed = false;
  const auto keep = [&](int64_t t) { return t < what.min_time_ms || t > what.max_time_ms; };
  for (auto at = ids.begin(); at != ids.end();) {
    const uint32_t first = blocks::first_of_page(table, static_cast<uint32_t>(*at));
    TRY(const Pages pages, pages_of(state, connection, {{&table, stored.window, first}}));
    std::map<uint32_t, std::string> rewritten;
    for (; at != ids.end() && static_cast<uint32_t>(*at) - first < table.page_series; ++at) {
      const auto series = static_cast<uint32_t>(*at);
      model::SampleBlock block;
      TRY_VOID(decode(pages.front(), series, block));
      const size_t before = block.size();
      storage::filter_samples(block, keep);
      if (block.size() == before) continue;
      mark(marks, series);
      std::string& chunks = rewritten[series];
      if (!block.empty()) storage::encode_chunks(block, chunks);
      if (block.empty() && stored.chunks > 0) --stored.chunks;
    }
    if (rewritten.empty()) continue;
    changed = true;
    for (uint32_t series = first; series < first + table.page_series; ++series) {
      const auto found = rewritten.find(series);
      const bool rewrote = found != rewritten.end();
      TRY_VOID(writer.add(series, rewrote ? found->second : pages.front()->chunks(series)));
    }
  }
  TRY_VOID(writer.finish());
  return changed;
}

}  // namespace

Result<std::optional<Control>> remove(MetricsState& state, Connection& connection,
                                      const storage::CatalogQuery& what, Marks& marks,
                                      const std::stop_token& stop) {
  TRY_VOID(catch_up(state, connection, stop));
  const std::vector<SeriesId> ids = state.ids(what.matcher_sets);
  if (ids.empty()) return std::optional<Control>();
  // Also what was given up: late samples could bring a merged window back.
  TRY(const Rows rows, connection.run("SELECT days, win, chunks, min_time, max_time, dead IS NULL "
                                      "FROM " +
                                      state.table("stored")));
  Control control;
  for (int r = 0; r < rows.count(); ++r) {
    Stored one{rows.integer(r, 0) != 0, rows.integer(r, 1),
               static_cast<uint64_t>(rows.integer(r, 2)), rows.integer(r, 3), rows.integer(r, 4)};
    const bool alive = rows.integer(r, 5) == 1;
    if (!table_of(one.days).overlaps(one.window, what.min_time_ms, what.max_time_ms)) continue;
    TRY(const bool changed, remove_from(state, connection, one, ids, what, marks));
    if (!changed || !alive) continue;
    TRY_VOID(put_stored(state, connection, one));
    control.put.push_back(one);
  }
  if (control.put.empty()) return std::optional<Control>();
  return std::optional<Control>(std::move(control));
}

Result<void> unmark(MetricsState& state, Connection& connection,
                    const MetricsState::StoredMap& looked_at, Marks& marks) {
  const auto windows = state.head.snapshot();  // held while it is walked
  for (const auto& window : *windows) {
    for (uint32_t series = 0; series < marks.size(); ++series) {
      if (marks[series] && window->has(SeriesId{series})) marks[series] = false;
    }
  }
  for (const auto& [key, one] : state.stored()) {
    const auto before = looked_at.find(key);
    if (before != looked_at.end() && before->second == one) continue;
    TRY(const auto members,
        read_members(connection, state.schema(), table_of(one.days), one.window));
    for (size_t i = 0; i < std::min(marks.size(), members.size()); ++i) {
      if (members[i]) marks[i] = false;
    }
  }
  return {};
}

Result<std::optional<Control>> forget(MetricsState& state, Connection& connection,
                                      const MetricsState::StoredMap& looked_at, Marks marks) {
  TRY_VOID(unmark(state, connection, looked_at, marks));
  Control control;
  std::vector<blocks::StoredSeries> kept;
  const std::string table = state.table("series");
  TRY(const Rows cleared, connection.run("DELETE FROM " + table));
  const auto flush = [&]() -> Result<void> {
    if (kept.empty()) return {};
    const std::string block = blocks::encode_series_block(kept);
    const auto first = static_cast<uint32_t>(kept.front().id);
    kept.clear();
    TRY(const Rows put, connection.query("INSERT INTO " + table + " VALUES ($1, $2)",
                                         {Value::integer(first), Value::bytes(block)}));
    return {};
  };
  for (SeriesId id : state.ids({})) {
    const auto number = static_cast<uint32_t>(id);
    if (number < marks.size() && marks[number]) {
      control.forget.push_back(id);
      continue;
    }
    kept.push_back({id, state.index.labels(id)});
    if (kept.size() == kBlockSeries) TRY_VOID(flush());
  }
  TRY_VOID(flush());
  if (control.forget.empty()) return std::optional<Control>();
  TRY(const Rows counted,
      connection.run("UPDATE " + state.table("state") + " SET erasures = erasures + 1"));
  return std::optional<Control>(std::move(control));
}

}  // namespace gnomon::postgres
