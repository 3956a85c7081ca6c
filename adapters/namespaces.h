#pragma once

#include <string>
#include <string_view>

// How a store's URL becomes that of one tenant's namespace. `rest`: what follows the scheme and its
// colon; `tenant`: [A-Za-z0-9_-]{1,64}. Different tenants get different results.
namespace gnomon::adapters {

// All are apart anyway.
std::string memory_namespace(std::string_view rest, std::string_view tenant);
// A file each: gnomon.db -> gnomon.TENANT.db, folder/ -> folder/TENANT.db.
std::string sqlite_namespace(std::string_view rest, std::string_view tenant);
// A schema each: ?schema=gnomon (also when absent) -> ?schema=gnomon_TENANT. Longer than the 63
// bytes of a Postgres name: cut, then "~" and a hash of the whole.
std::string postgres_namespace(std::string_view rest, std::string_view tenant);
// A database each: //host/gnomon (also when absent) -> //host/gnomon_TENANT.
std::string clickhouse_namespace(std::string_view rest, std::string_view tenant);

}  // namespace gnomon::adapters
