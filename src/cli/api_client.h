#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/result.h"

namespace gnomon::cli {

struct ApiResponse {
  int status = 0;
  std::string body;
};

// Where a command sends its requests: a server, or a store opened by this process. One thread.
class ApiClient {
 public:
  virtual ~ApiClient() = default;
  // POST, path as in "/api/v1/query". An Error: no answer came.
  virtual Result<ApiResponse> post(std::string_view path, std::string_view content_type,
                                   std::string body) = 0;
};

// A running server: http://HOST[:PORT][/PREFIX]. Connects when the first request is sent. `tenant`:
// whose data requests are about; "" for a server that keeps everybody's together.
Result<std::unique_ptr<ApiClient>> connect_server(std::string_view url, std::string tenant = "");

// A form of names and values, escaped.
using Form = std::vector<std::pair<std::string, std::string>>;
std::string encode_form(const Form& form);

inline constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

}  // namespace gnomon::cli
