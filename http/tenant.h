#pragma once

#include <string_view>

#include "http/message.h"
#include "src/base/result.h"

namespace gnomon::http {

inline constexpr std::string_view kTenantHeader = "X-Scope-OrgID";

// [A-Za-z0-9_-]{1,64}
bool valid_tenant(std::string_view name);
// BadData with a text for the user.
Result<void> check_tenant(std::string_view name);

// The tenant a request names, exactly once; valid as long as the headers. Errors: BadData.
Result<std::string_view> requested_tenant(const Headers& headers);

}  // namespace gnomon::http
