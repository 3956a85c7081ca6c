#include "adapters/postgres/address.h"

#include <charconv>

#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 32);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool coded =
        text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    if (!coded) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
    i += 2;
  }
  return out;
}

Result<void> take(Address& address, std::string_view name, const std::string& value) {
  if (name == "schema") {
    if (value.empty() || value.size() > base::kPostgresSchemaBytesMax || value.starts_with("pg_")) {
      return Error{ErrorKind::BadData,
                   "schema= needs a name of 1 to 63 bytes, not one of "
                   "PostgreSQL's own (pg_...)"};
    }
    address.schema = value;
    return {};
  }
  const char* const end = value.data() + value.size();
  const auto [at, wrong] = std::from_chars(value.data(), end, address.connections_max);
  if (wrong != std::errc() || at != end ||
      address.connections_max < base::kPostgresConnectionsMin ||
      address.connections_max > base::kPostgresConnectionsMax) {
    return Error{ErrorKind::BadData, "pool= needs a number of connections from 3 to 1000"};
  }
  return {};
}

}  // namespace

Result<Address> Address::parse(std::string_view url) {
  Address address;
  const size_t mark = url.find('?');
  address.uri = url.substr(0, mark);
  if (mark == std::string_view::npos) return address;
  std::string_view rest = url.substr(mark + 1);
  char separator = '?';
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view one = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const size_t equals = one.find('=');
    const std::string_view name = one.substr(0, equals);
    if (name == "schema" || name == "pool") {
      const auto value = equals == std::string_view::npos ? "" : one.substr(equals + 1);
      TRY_VOID(take(address, name, percent_decoded(value)));
      continue;
    }
    address.uri += separator;
    address.uri += one;
    separator = '&';
  }
  return address;
}

}  // namespace gnomon::postgres
