#include "adapters/clickhouse/existence.h"

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/schema.h"

namespace gnomon::clickhouse {

bool may_exist(std::string_view rest) {
  auto options = parse_options(rest);
  if (!options.ok()) return true;  // opening says what is wrong
  const Request request{.sql = "SELECT count() FROM system.databases WHERE name = " +
                               quoted(options->database) + " FORMAT TSV"};
  HttpClient client(std::move(*options));
  const auto answer = client.fetch(request);
  return !answer.ok() || !answer->starts_with('0');
}

}  // namespace gnomon::clickhouse
