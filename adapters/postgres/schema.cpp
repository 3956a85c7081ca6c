#include "adapters/postgres/schema.h"

#include <string_view>

#include "src/model/labels.h"

namespace gnomon::postgres {
namespace {

// Bytes are bytea, stored outside of the row and not compressed by the database: they are
// compressed already, and outside they neither slow down scans of the keys nor are copied with
// them.
constexpr std::string_view kTables = R"sql(
CREATE TABLE {s}.state (       -- one row; a transaction that changes it holds up writers
  version bigint NOT NULL,     -- of the schema
  seq     bigint NOT NULL,     -- of the newest log record
  epoch   bigint NOT NULL      -- part of the log that records go to
) WITH (fillfactor = 20);      -- and a column for each counter of a signal
CREATE TABLE {s}.log (         -- what was written and done, in the order of seq, without gaps
  epoch  bigint NOT NULL,
  seq    bigint NOT NULL,
  writer bigint NOT NULL,      -- a number of the open database that wrote it
  signal smallint NOT NULL,
  data   bytea NOT NULL
) PARTITION BY LIST (epoch);
CREATE INDEX ON {s}.log (seq);
CREATE TABLE {s}.log_part (    -- epochs whose part still exists
  epoch bigint PRIMARY KEY,
  first bigint NOT NULL        -- seq
);
ALTER TABLE {s}.log ALTER data SET STORAGE EXTERNAL;
CREATE TABLE {s}.log_1 PARTITION OF {s}.log FOR VALUES IN (1);
INSERT INTO {s}.log_part VALUES (1, 1);
INSERT INTO {s}.state VALUES ({v}, 0, 1);
)sql";

// kMigrations[i] makes version i + 2 of version i + 1. The row of `state` is changed first: it is
// what writers lock first.
constexpr std::string_view kMigrations[] = {R"sql(
UPDATE {s}.state SET version = 2;
ALTER TABLE {s}.log ADD COLUMN signal smallint NOT NULL DEFAULT 1;
)sql"};
static_assert(std::size(kMigrations) + 1 == kSchemaVersion);

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

// The version of the schema; 0 when there is none. A schema of another program, or one that a newer
// Gnomon wrote, is an error.
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
  const auto row = connection.run("SELECT version, seq, epoch FROM " + state);
  if (!row.ok() && !connection.lost()) return foreign;
  if (!row.ok()) return row.error();
  if (row->count() != 1 || row->integer(0, 0) < 1) return foreign;
  const int64_t version = row->integer(0, 0);
  if (version <= kSchemaVersion) return version;
  return Error{ErrorKind::Execution, "the schema " + quote_name(schema) +
                                         " was written by a newer Gnomon (version " +
                                         std::to_string(version) + ", this one knows " +
                                         std::to_string(kSchemaVersion) + "); it was not changed"};
}

Result<bool> exists(Connection& connection, const std::string& table) {
  TRY(const Rows there, connection.run("SELECT to_regclass(" + quote_text(table) + ")"));
  return !there.is_null(0, 0);
}

Result<bool> has_all(Connection& connection, const std::string& schema,
                     std::span<const SignalTables> signals) {
  for (const SignalTables& signal : signals) {
    TRY(const bool one, exists(connection, table_name(schema, signal.table)));
    if (!one) return false;
  }
  return true;
}

Result<void> make_signal(Connection& connection, const std::string& schema,
                         const SignalTables& signal) {
  TRY(const bool there, exists(connection, table_name(schema, signal.table)));
  if (there) return {};
  std::string text = filled_in(signal.sql, schema);
  for (const Counter& counter : signal.counters) {
    text += "ALTER TABLE " + table_name(schema, "state") + " ADD COLUMN IF NOT EXISTS " +
            quote_name(counter.name) + " bigint NOT NULL DEFAULT " + std::to_string(counter.first) +
            ";";
  }
  TRY(const Rows made, connection.run(text));
  return {};
}

// In a transaction, while no other server does.
Result<void> make_or_migrate(Connection& connection, const std::string& schema,
                             std::span<const SignalTables> signals) {
  TRY(int64_t version, find_version(connection, schema));
  if (version == 0) {
    // CREATE SCHEMA wants a right on the database even where the schema exists.
    TRY(const Rows named,
        connection.run("SELECT 1 FROM pg_namespace WHERE nspname = " + quote_text(schema)));
    std::string text = named.count() == 0 ? "CREATE SCHEMA " + quote_name(schema) + ";" : "";
    TRY(const Rows made, connection.run(text + filled_in(kTables, schema)));
    version = kSchemaVersion;
  }
  for (; version < kSchemaVersion; ++version) {
    const std::string_view migration = kMigrations[version - 1];
    TRY(const Rows migrated, connection.run(filled_in(migration, schema)));
  }
  for (const SignalTables& signal : signals) {
    TRY_VOID(make_signal(connection, schema, signal));
  }
  return {};
}

}  // namespace

Result<void> open_schema(Connection& connection, const std::string& schema,
                         std::span<const SignalTables> signals) {
  TRY(const int64_t version, find_version(connection, schema));
  if (version == kSchemaVersion) {
    TRY(const bool all, has_all(connection, schema, signals));
    if (all) return {};
  }
  const std::string key = std::to_string(lock_key(schema, "schema"));
  TRY(const Rows begun, connection.run("BEGIN; SELECT pg_advisory_xact_lock(" + key +
                                       "); SET LOCAL lock_timeout = '10s'"));
  TRY_VOID(make_or_migrate(connection, schema, signals));
  TRY(const Rows ended, connection.run("COMMIT"));
  return {};
}

std::string table_name(const std::string& schema, std::string_view name) {
  return quote_name(schema) + "." + std::string(name);
}

int64_t lock_key(const std::string& schema, std::string_view purpose) {
  const model::Labels labels =
      model::Labels::from({{"schema", schema}, {"for", std::string(purpose)}});
  return static_cast<int64_t>(model::hash128(labels.view()).low);
}

}  // namespace gnomon::postgres
