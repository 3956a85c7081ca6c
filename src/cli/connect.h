#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/base/result.h"
#include "src/cli/api_client.h"
#include "src/cli/arguments.h"

namespace gnomon::cli {

// Where a command finds its data: a server, or a store that it opens itself.
struct Connect {
  std::string url = "http://127.0.0.1:9090";
  std::string store;                  // when given, url does not count
  std::string tenant;                 // whose data; empty: there is one namespace
  std::vector<std::string> features;  // for the store's engine
};

std::vector<Flag> connect_flags(Connect& target);  // --url, --store, --tenant, ...

Result<std::unique_ptr<ApiClient>> connect(const Connect& target);

}  // namespace gnomon::cli
