#include "adapters/postgres/schema.h"

#include <algorithm>
#include <string_view>

#include "src/base/text.h"
#include "src/model/labels.h"

namespace gnomon::postgres {
namespace {

// Bytes are bytea, stored outside of the row and not compressed by the database: they are
// compressed already, and outside they neither slow down scans of the keys nor are copied with
// them.
constexpr std::string_view kTables = R"sql(
CREATE TABLE {s}.state (       -- one row; whoever changes it holds up writers until it commits
  version    bigint NOT NULL,  -- of the schema
  seq        bigint NOT NULL,  -- of the newest log record
  epoch      bigint NOT NULL,  -- part of the log that records go to
  series_end bigint NOT NULL,  -- ids below are given
  erasures   bigint NOT NULL   -- how often series were forgotten
) WITH (fillfactor = 20);
CREATE TABLE {s}.series (      -- blocks of label sets
  first bigint PRIMARY KEY,    -- smallest series id of the block
  data  bytea NOT NULL
);
CREATE TABLE {s}.log (         -- what was written and done, in the order of seq, without gaps
  epoch  bigint NOT NULL,
  seq    bigint NOT NULL,
  writer bigint NOT NULL,      -- a number of the store that wrote it
  data   bytea NOT NULL
) PARTITION BY LIST (epoch);
CREATE INDEX ON {s}.log (seq);
CREATE TABLE {s}.log_part (    -- epochs whose part still exists
  epoch bigint PRIMARY KEY,
  first bigint NOT NULL        -- seq
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
  dead     timestamptz,        -- since when nobody shall read it
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
ALTER TABLE {s}.log ALTER data SET STORAGE EXTERNAL;
ALTER TABLE {s}.chunk ALTER data SET STORAGE EXTERNAL;
ALTER TABLE {s}.day_chunk ALTER data SET STORAGE EXTERNAL;
ALTER TABLE {s}.series ALTER data SET STORAGE EXTERNAL;
CREATE TABLE {s}.log_1 PARTITION OF {s}.log FOR VALUES IN (1);
INSERT INTO {s}.log_part VALUES (1, 1);
INSERT INTO {s}.state VALUES ({v}, 0, 1, 1, 0);
)sql";

std::string filled_in(std::string_view text, const std::string& schema) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text.substr(at, 3) == "{s}") {
      out += quote_name(schema);
      at += 3;
    } else if (text.substr(at, 3) == "{v}") {
      out += std::to_string(kSchemaVersion);
      at += 3;
    } else {
      out += text[at++];
    }
  }
  return out;
}

// The version of the schema; 0 when there is none.
Result<int64_t> find_version(Connection& connection, const std::string& schema) {
  const std::string state = table_name(schema, "state");
  TRY(const Rows there,
      connection.run("SELECT to_regclass(" + quote_text(state) +
                     ") IS NOT NULL, EXISTS (SELECT 1 "
                     "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
                     "n.nspname = " +
                     quote_text(schema) + ")"));
  if (there.integer(0, 0) == 0 && there.integer(0, 1) == 0) return 0;
  const Error foreign{ErrorKind::Execution, "the schema " + quote_name(schema) +
                                                " holds tables of another program; choose another "
                                                "one with schema= in the URL"};
  if (there.integer(0, 0) == 0) return foreign;
  const auto version = connection.run("SELECT version, series_end FROM " + state);
  if (!version.ok() && !connection.lost()) return foreign;
  if (!version.ok()) return version.error();
  return version->count() == 1 ? version->integer(0, 0) : Result<int64_t>(foreign);
}

Result<void> check_version(const std::string& schema, int64_t version) {
  if (version == kSchemaVersion) return {};
  return Error{ErrorKind::Execution, "the schema " + quote_name(schema) +
                                         " was written by a newer Gnomon (version " +
                                         std::to_string(version) + ", this one knows " +
                                         std::to_string(kSchemaVersion) + "); it was not changed"};
}

}  // namespace

Result<void> open_schema(Connection& connection, const std::string& schema) {
  TRY(int64_t version, find_version(connection, schema));
  if (version != 0) return check_version(schema, version);
  const int64_t key = lock_key(schema, "schema");
  TRY_VOID([&]() -> Result<void> {
    TRY(const Rows begun,
        connection.run("BEGIN; SELECT pg_advisory_xact_lock(" + std::to_string(key) + ")"));
    TRY(version, find_version(connection, schema));
    if (version != 0) return {};
    // CREATE SCHEMA wants a right on the database even where the schema exists.
    TRY(const Rows named,
        connection.run("SELECT 1 FROM pg_namespace WHERE nspname = " + quote_text(schema)));
    std::string text = named.count() == 0 ? "CREATE SCHEMA " + quote_name(schema) + ";" : "";
    TRY(const Rows made, connection.run(text + filled_in(kTables, schema)));
    return {};
  }());
  TRY(const Rows ended, connection.run("COMMIT"));
  return version == 0 ? Result<void>() : check_version(schema, version);
}

std::string table_name(const std::string& schema, std::string_view name) {
  return quote_name(schema) + "." + std::string(name);
}

int64_t lock_key(const std::string& schema, std::string_view purpose) {
  const model::Labels labels =
      model::Labels::from({{"schema", schema}, {"for", std::string(purpose)}});
  return static_cast<int64_t>(model::hash128(labels.view()).low);
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
