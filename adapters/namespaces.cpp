#include "adapters/namespaces.h"

#include <xxhash.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace gnomon::adapters {
namespace {

constexpr std::string_view kDefaultName = "gnomon";
constexpr size_t kPostgresNameMax = 63;  // longer ones are cut by the server

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && std::isxdigit(text[i + 1]) &&
                        std::isxdigit(text[i + 2]);
    if (!escape) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
    i += 2;
  }
  return out;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c == '_' || c == '-' || c == '.' || c == '~') {
      out.push_back(static_cast<char>(c));
    } else {
      char escape[4];
      std::snprintf(escape, sizeof escape, "%%%02X", c);
      out += escape;
    }
  }
  return out;
}

std::string hex_hash(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  char hex[33];
  std::snprintf(hex, sizeof hex, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return hex;
}

std::string schema_name(const std::string& schema, std::string_view tenant) {
  std::string name = schema + "_" + std::string(tenant);
  if (name.size() <= kPostgresNameMax) return name;
  const std::string hash = hex_hash(name);
  size_t kept = kPostgresNameMax - 1 - hash.size();
  while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xc0) == 0x80) --kept;  // UTF-8
  // No tenant has a '~': a cut name is never another tenant's whole one.
  return name.substr(0, kept) + "~" + hash;
}

}  // namespace

std::string memory_namespace(std::string_view rest, std::string_view) { return std::string(rest); }

std::string sqlite_namespace(std::string_view rest, std::string_view tenant) {
  const size_t slash = rest.rfind('/');
  const size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  if (name == rest.size()) return std::string(rest) + std::string(tenant) + ".db";
  size_t dot = rest.rfind('.');
  if (dot == std::string_view::npos || dot <= name) dot = rest.size();
  return std::string(rest.substr(0, dot)) + "." + std::string(tenant) +
         std::string(rest.substr(dot));
}

std::string postgres_namespace(std::string_view rest, std::string_view tenant) {
  constexpr std::string_view kKey = "schema=";
  const size_t mark = rest.find('?');
  std::string out(rest.substr(0, mark));
  std::string_view parameters = mark == std::string_view::npos ? "" : rest.substr(mark + 1);
  std::string schema(kDefaultName);
  char separator = '?';
  while (!parameters.empty()) {
    const std::string_view parameter = parameters.substr(0, parameters.find('&'));
    parameters.remove_prefix(std::min(parameters.size(), parameter.size() + 1));
    if (parameter.starts_with(kKey)) {
      schema = decoded(parameter.substr(kKey.size()));
    } else {
      out.append(1, separator).append(parameter);
      separator = '&';
    }
  }
  return out.append(1, separator).append(kKey).append(encoded(schema_name(schema, tenant)));
}

std::string clickhouse_namespace(std::string_view rest, std::string_view tenant) {
  const size_t mark = std::min(rest.find('?'), rest.size());
  const size_t authority = rest.starts_with("//") ? 2 : 0;
  size_t slash = std::min(rest.find('/', authority), mark);
  std::string out(rest.substr(0, slash));
  std::string_view database = rest.substr(slash, mark - slash);
  if (database.starts_with('/')) database.remove_prefix(1);
  if (database.empty()) database = kDefaultName;
  out.append("/").append(database).append("_").append(tenant);
  return out.append(rest.substr(mark));
}

}  // namespace gnomon::adapters
