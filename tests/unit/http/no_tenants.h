#pragma once

#include <memory>
#include <string>

#include "http/context.h"

namespace gnomon::http {

// For servers whose handlers ask for no data.
class NoTenants final : public Tenants {
 public:
  Result<std::shared_ptr<const TenantContext>> find(std::string_view name, bool,
                                                    std::stop_token) override {
    return Error{ErrorKind::Unavailable, "no store of " + std::string(name)};
  }
};

}  // namespace gnomon::http
