#include "adapters/sqlite/schema.h"

#include <string>

namespace gnomon::sqlite {
namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE meta (          -- single numbers: counters, versions of parts
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE series (        -- of metrics: blocks of label sets, see series_block.h
  first INTEGER PRIMARY KEY, -- smallest series id of the block
  data  BLOB NOT NULL
);
CREATE TABLE log (           -- writes that are not yet sealed
  seq    INTEGER PRIMARY KEY,
  signal INTEGER NOT NULL,   -- storage::Signal
  data   BLOB NOT NULL       -- of metrics: see log_record.h
);
CREATE TABLE chunk (         -- of metrics: one series, one window of 2 h
  key  INTEGER PRIMARY KEY,  -- window << 32 | series
  data BLOB NOT NULL
);
CREATE TABLE day_chunk (     -- of metrics: one series, one day
  key  INTEGER PRIMARY KEY,  -- day << 32 | series
  data BLOB NOT NULL
);
CREATE TABLE sealed (        -- of metrics: of records up to seq, which series are in chunks
  window INTEGER PRIMARY KEY,
  seq    INTEGER NOT NULL,
  series INTEGER NOT NULL    -- those with smaller ids
);
CREATE TABLE metadata (
  metric TEXT PRIMARY KEY,
  type   TEXT NOT NULL,
  help   TEXT NOT NULL,
  unit   TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE exemplar (      -- a ring: the smallest ids go first
  id     INTEGER PRIMARY KEY,
  series INTEGER NOT NULL,
  time   INTEGER NOT NULL,
  value  BLOB NOT NULL,      -- 8 bytes: SQLite keeps no NaN
  labels BLOB NOT NULL
);
)sql";

// From version 1. Its log held metrics only. Copied, and not altered: a column added behind `data`
// would be read by way of all pages of a record.
constexpr const char* kToVersion2 = R"sql(
CREATE TABLE log_of_signals (
  seq    INTEGER PRIMARY KEY,
  signal INTEGER NOT NULL,
  data   BLOB NOT NULL
);
INSERT INTO log_of_signals(seq, signal, data) SELECT seq, 1, data FROM log ORDER BY seq;
DROP TABLE log;
ALTER TABLE log_of_signals RENAME TO log;
INSERT OR REPLACE INTO meta(name, value) VALUES ('next_seq', max(
  coalesce((SELECT value FROM meta WHERE name = 'next_seq'), 1),
  coalesce((SELECT max(seq) + 1 FROM log), 1),
  coalesce((SELECT max(seq) + 1 FROM sealed), 1)));
PRAGMA user_version = 2;
)sql";

Result<void> migrate(Connection& connection, const std::string& path, int64_t version) {
  TRY_VOID(connection.run("BEGIN IMMEDIATE"));
  auto done = connection.run(kToVersion2);
  if (done.ok()) done = connection.run("COMMIT");
  if (done.ok()) return {};
  (void)connection.run("ROLLBACK").ok();
  return Error{done.error().kind,
               path + " (schema " + std::to_string(version) +
                   ") was not migrated and not changed: " + done.error().message};
}

Result<void> create(Connection& connection) {
  // Both must precede the first table and the change to WAL.
  TRY_VOID(connection.run("PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL"));
  TRY_VOID(connection.run("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE"));
  const std::string mark = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                           "; PRAGMA user_version = " + std::to_string(kSchemaVersion) + "; COMMIT";
  auto made = connection.run(kSchema);
  if (made.ok()) made = connection.run(mark.c_str());
  if (!made.ok()) (void)connection.run("ROLLBACK").ok();
  return made;
}

}  // namespace

Result<void> configure_writer(Connection& connection) {
  // Deleted log pages need not be overwritten with zeros. The checkpointer decides when the
  // write-ahead log is copied, not a commit, for which a request waits.
  return connection.run(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF;"
      "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;"
      "PRAGMA journal_size_limit = 16777216");
}

Result<void> configure_reader(Connection& connection) {
  return connection.run(
      "PRAGMA cache_size = -1024; PRAGMA wal_autocheckpoint = 0; PRAGMA cell_size_check = ON");
}

Result<void> open_schema(Connection& connection, const std::string& path) {
  TRY(const int64_t tables, connection.integer("SELECT count(*) FROM sqlite_schema"));
  TRY(const int64_t id, connection.integer("PRAGMA application_id"));
  TRY(const int64_t version, connection.integer("PRAGMA user_version"));
  if (id != kApplicationId) {
    if (tables == 0 && id == 0 && version == 0) return create(connection);
    return Error{ErrorKind::Execution,
                 path + " is a SQLite database of another program; it was not changed"};
  }
  if (version > kSchemaVersion) {
    return Error{ErrorKind::Execution, path + " was written by a newer Gnomon (schema " +
                                           std::to_string(version) + ", this one knows " +
                                           std::to_string(kSchemaVersion) +
                                           "); it was not changed"};
  }
  if (version < 1 || tables == 0) {
    return Error{ErrorKind::Execution, path + " is damaged: schema " + std::to_string(version) +
                                           " with " + std::to_string(tables) + " tables"};
  }
  return version < kSchemaVersion ? migrate(connection, path, version) : Result<void>();
}

Result<void> set_meta(Connection& connection, std::string_view name, int64_t value) {
  TRY(Query query, connection.prepare("INSERT OR REPLACE INTO meta(name, value) VALUES (?1, ?2)"));
  query.bind_text(1, name).bind(2, value);
  return query.run();
}

Result<int64_t> get_meta(Connection& connection, std::string_view name, int64_t otherwise) {
  TRY(Query query, connection.prepare("SELECT value FROM meta WHERE name = ?1"));
  query.bind_text(1, name);
  TRY(const bool row, query.step());
  return row ? query.integer(0) : otherwise;
}

}  // namespace gnomon::sqlite
