#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "adapters/clickhouse/http_client.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// INSERT INTO table (columns) FORMAT format, as text.
std::string insert_statement(const Options& options, std::string_view table,
                             std::string_view columns, std::string_view format);

// Runs one INSERT until ClickHouse acknowledges it, again and again with pauses when it is away,
// for Options::insert_retry_seconds, as the same insert: ClickHouse drops what it has already.
// Errors: Unavailable when that took too long or `abandoned` fired (the rows may or may not be
// there, or come yet), else what ClickHouse says.
Result<void> insert(HttpClient& client, const std::string& statement, std::string_view data,
                    std::stop_token abandoned);

}  // namespace gnomon::clickhouse
