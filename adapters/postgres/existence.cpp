#include "adapters/postgres/existence.h"

#include "adapters/postgres/pool.h"

namespace gnomon::postgres {

bool may_exist(std::string_view url) {
  const auto address = Address::parse(url);
  if (!address.ok()) return true;  // opening says what is wrong
  const std::shared_ptr<Pool> pool = Pool::get(*address);
  const auto connection = pool->lease(Pool::For::Writing, {});
  if (!connection.ok()) return true;
  const auto rows =
      (*connection)
          ->query("SELECT 1 FROM pg_namespace WHERE nspname = convert_from($1, 'UTF8')",
                  {Value::bytes(address->schema)});
  return !rows.ok() || rows->count() > 0;
}

}  // namespace gnomon::postgres
