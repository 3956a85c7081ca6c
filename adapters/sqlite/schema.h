#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/sqlite/connection.h"

namespace gnomon::sqlite {

inline constexpr int64_t kApplicationId = 0x676e6f6d;  // "gnom"
// 1: the log has no column `signal`. 2: it has.
inline constexpr int64_t kSchemaVersion = 2;

// What a writing connection needs before anything else.
Result<void> configure_writer(Connection& connection);
Result<void> configure_reader(Connection& connection);

// Creates the tables in an empty file; migrates those of an older version in one transaction. A
// file of another program or of a newer version is an error and stays as it is, and so does one
// whose migration fails.
Result<void> open_schema(Connection& connection, const std::string& path);

// The table of single numbers that outlive the process.
Result<void> set_meta(Connection& connection, std::string_view name, int64_t value);
Result<int64_t> get_meta(Connection& connection, std::string_view name, int64_t otherwise);

}  // namespace gnomon::sqlite
