#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "adapters/postgres/connection.h"
#include "adapters/postgres/signal.h"
#include "src/base/result.h"

namespace gnomon::postgres {

// Version 2 added log.signal.
inline constexpr int64_t kSchemaVersion = 2;

// Makes the schema, and the tables of each signal, when they are missing, and brings older versions
// up to date, in one transaction; one server at a time does. A newer version, or a schema of
// another program, is an error and stays as it is.
//
// Servers that know version 1 only do not open a schema of version 2. One that runs while another
// migrates goes on, and both follow each other: what it writes gets the default of log.signal,
// which is metrics. It takes every record for metrics, though: once another signal writes, it
// stops at the first such record (a damaged log row), and must be restarted as a newer version.
Result<void> open_schema(Connection& connection, const std::string& schema,
                         std::span<const SignalTables> signals);

// "schema"."name".
std::string table_name(const std::string& schema, std::string_view name);
// The advisory lock `purpose` of a schema; another schema's may be the same one by chance.
int64_t lock_key(const std::string& schema, std::string_view purpose);

}  // namespace gnomon::postgres
