#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/storage/database.h"
#include "src/storage/store_options.h"

namespace gnomon::adapters {

// Opens the database that a URL names: sqlite:PATH, sqlite:///PATH, postgres://...,
// clickhouse://..., memory:. An unknown scheme is a BadData error that lists the known ones.
Result<std::unique_ptr<storage::Database>> open_database(const std::string& url,
                                                         const storage::StoreOptions& options);

// A database in memory, which is gone with it.
std::unique_ptr<storage::Database> open_memory();

// The URL of a tenant's own namespace in the database that a URL names: a SQLite file, a Postgres
// schema, a ClickHouse database. `tenant`: [A-Za-z0-9_-]{1,64}; different tenants get different
// namespaces. Error: unknown scheme.
Result<std::string> tenant_url(const std::string& url, std::string_view tenant);

// False when it is certain that nothing was ever kept there.
bool may_exist(const std::string& url);
// False when closing the database loses its data.
bool outlives_closing(const std::string& url);

// "sqlite:PATH", "memory:": one per backend, for --help.
std::vector<std::string> store_url_forms();

}  // namespace gnomon::adapters
