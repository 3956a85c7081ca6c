#include "http/tenant.h"

#include <algorithm>
#include <string>

#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::http {
namespace {

bool allowed(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

bool valid_tenant(std::string_view name) {
  return !name.empty() && name.size() <= base::kTenantNameBytesMax &&
         std::all_of(name.begin(), name.end(), allowed);
}

Result<void> check_tenant(std::string_view name) {
  if (valid_tenant(name)) return {};
  return Error{ErrorKind::BadData,
               "not the name of a tenant: " + base::quote(name.substr(0, 100)) + "; it has 1 to " +
                   std::to_string(base::kTenantNameBytesMax) + " letters, digits, _ and -"};
}

Result<std::string_view> requested_tenant(const Headers& headers) {
  const Header* found = nullptr;
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.name, kTenantHeader)) continue;
    if (found != nullptr) {
      return Error{ErrorKind::BadData,
                   "the header " + std::string(kTenantHeader) + " occurs more than once"};
    }
    found = &header;
  }
  if (found == nullptr) {
    return Error{ErrorKind::BadData, "this server keeps data by tenant: name yours in the header " +
                                         std::string(kTenantHeader)};
  }
  const Result<void> valid = check_tenant(found->value);
  if (!valid.ok()) {
    return Error{ErrorKind::BadData,
                 "header " + std::string(kTenantHeader) + ": " + valid.error().message};
  }
  return std::string_view(found->value);
}

}  // namespace gnomon::http
