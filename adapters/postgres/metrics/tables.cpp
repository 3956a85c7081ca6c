#include "adapters/postgres/metrics/tables.h"

#include <algorithm>

#include "adapters/postgres/schema.h"

namespace gnomon::postgres {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE {s}.series (      -- blocks of label sets
  first bigint PRIMARY KEY,    -- smallest series id of the block
  data  bytea NOT NULL
);
CREATE TABLE {s}.chunk (       -- 128 series, one window of 2 h
  win     bigint NOT NULL,
  page    integer NOT NULL,    -- first series / 128
  members bytea NOT NULL,      -- a bit for each series, set when it has samples here
  data    bytea NOT NULL,
  PRIMARY KEY (win, page)
) PARTITION BY RANGE (win);
CREATE TABLE {s}.day_chunk (   -- 16 series, one day
  win     bigint NOT NULL,
  page    integer NOT NULL,    -- first series / 16
  members bytea NOT NULL,
  data    bytea NOT NULL,
  PRIMARY KEY (win, page)
) PARTITION BY RANGE (win);
CREATE TABLE {s}.stored (      -- windows that have chunks
  days     boolean NOT NULL,   -- in day_chunk
  win      bigint NOT NULL,
  chunks   bigint NOT NULL,
  min_time bigint NOT NULL,
  max_time bigint NOT NULL,
  dead     timestamptz,        -- since when it is given up
  PRIMARY KEY (days, win)
);
CREATE TABLE {s}.sealed (      -- samples of win in records up to seq are in chunks
  win bigint PRIMARY KEY,
  seq bigint NOT NULL
);
CREATE TABLE {s}.metadata (
  metric bytea PRIMARY KEY,
  type   bytea NOT NULL,
  help   bytea NOT NULL,
  unit   bytea NOT NULL
);
CREATE TABLE {s}.exemplar (
  seq   bigint PRIMARY KEY,
  count bigint NOT NULL,
  data  bytea NOT NULL
);
ALTER TABLE {s}.chunk ALTER data SET STORAGE EXTERNAL;
ALTER TABLE {s}.day_chunk ALTER data SET STORAGE EXTERNAL;
ALTER TABLE {s}.series ALTER data SET STORAGE EXTERNAL;
)sql";

}  // namespace

SignalTables metrics_tables() {
  return {storage::Signal::Metrics, "chunk", kTables, {{"erasures", 0}, {"series_end", 1}}};
}

int64_t part_of(const blocks::ChunkTable& table, int64_t window) {
  return storage::window_of(window * table.window_ms, storage::kDayMs);
}

std::string part_name(const std::string& schema, const blocks::ChunkTable& table, int64_t part) {
  // A minus sign needs quotes.
  return quote_name(schema) + "." +
         quote_name(std::string(table.name) + "_" + std::to_string(part));
}

Windows windows_of_part(const blocks::ChunkTable& table, int64_t part) {
  const int64_t windows = storage::kDayMs / table.window_ms;
  return {part * windows, (part + 1) * windows};
}

std::string read_pages(const std::string& schema, const blocks::ChunkTable& table, int64_t window,
                       std::span<const uint32_t> pages) {
  std::string text = "SELECT page, data FROM " + part_name(schema, table, part_of(table, window)) +
                     " WHERE win = " + std::to_string(window) + " AND page = ANY ('{";
  for (size_t i = 0; i < pages.size(); ++i) {
    if (i != 0) text += ',';
    text += std::to_string(pages[i]);
  }
  return text + "}')";
}

std::vector<blocks::Statement> read_pages(const std::string& schema,
                                          const blocks::ChunkTable& table, int64_t window,
                                          std::span<const storage::SeriesId> ids) {
  std::vector<uint32_t> pages;
  for (storage::SeriesId id : ids) {
    pages.push_back(static_cast<uint32_t>(id) / table.page_series);
  }
  std::sort(pages.begin(), pages.end());
  pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
  if (pages.empty()) return {};
  return {{read_pages(schema, table, window, pages), {}}};
}

}  // namespace gnomon::postgres
