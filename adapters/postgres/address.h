#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "src/base/limits.h"
#include "src/base/result.h"

namespace gnomon::postgres {

// Where a database is: postgres://user:password@host:port/database?schema=NAME&pool=N&... What is
// not ours goes to libpq as it is.
struct Address {
  std::string uri;  // without our parameters
  std::string schema = "gnomon";
  size_t connections_max = base::kPostgresConnections;  // of this process to this server

  // BadData when something of ours is wrong.
  static Result<Address> parse(std::string_view url);
};

}  // namespace gnomon::postgres
