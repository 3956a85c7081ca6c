#include "adapters/clickhouse/database.h"

#include <utility>

namespace gnomon::clickhouse {

Result<std::unique_ptr<Database>> Database::open(std::string_view rest) {
  TRY(Options options, parse_options(rest));
  return std::unique_ptr<Database>(new Database(std::move(options)));
}

Result<void> Database::add(Signal& signal, int64_t retention_ms) {
  TRY_VOID(open_schema(client_, signal.tables(), retention_ms));
  poller_.add(signal);
  expiry_.add(signal.tables(), retention_ms);
  return {};
}

}  // namespace gnomon::clickhouse
