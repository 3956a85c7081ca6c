#pragma once

#include <cstdint>

#include "adapters/sqlite/connection.h"

namespace gnomon::sqlite {

inline constexpr int64_t kApplicationId = 0x676e6f6d;  // "gnom"
inline constexpr int64_t kSchemaVersion = 1;

// What a writing connection needs before anything else.
Result<void> configure_writer(Connection& connection);
Result<void> configure_reader(Connection& connection);

// Creates the tables in an empty file. A file of somebody else or of a newer version is an error
// and stays as it is.
Result<void> open_schema(Connection& connection, const std::string& path);

}  // namespace gnomon::sqlite
