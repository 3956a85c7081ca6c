#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "src/base/result.h"
#include "src/model/matcher.h"
#include "src/model/time_grid.h"

// Request parameters as Prometheus reads them; all errors are BadData in its words.
namespace gnomon::prometheus {

// "" counts as absent.
std::string_view parameter(const http::Request& request, std::string_view name);

// Float seconds or RFC 3339 -> milliseconds. "cannot parse "x" to a valid timestamp".
Result<int64_t> parse_time(std::string_view text);
// Float seconds or 1m30s -> nanoseconds.
Result<int64_t> parse_duration_ns(std::string_view text);

// invalid parameter "name": ...
Error invalid_parameter(std::string_view name, const Error& error);

// A time parameter with a default.
Result<int64_t> time_parameter(const http::Request& request, std::string_view name,
                               int64_t otherwise);
// A required one.
Result<int64_t> required_time(const http::Request& request, std::string_view name);
// `limit`: 0 is none.
Result<size_t> limit_parameter(const http::Request& request);
// match[] as sets of matchers; an empty list when there is none.
Result<std::vector<model::Matchers>> selectors_parameter(const http::Request& request);
// The same, refusing a set that every series matches.
Result<std::vector<model::Matchers>> matchers_parameter(const http::Request& request);
// Whether all parameters could be decoded.
Result<void> check_form(const http::Request& request);
// An optional duration in milliseconds, without a prefix to its errors.
Result<std::optional<int64_t>> duration_parameter(const http::Request& request,
                                                  std::string_view name);

// start, end and step of query_range (query.cpp).
Result<model::TimeGrid> range_parameters(const http::Request& request);

// Shortens `list` to `limit`, if there is one, and then warns.
template <typename List>
void truncate(List& list, size_t limit, std::vector<std::string>& warnings) {
  if (limit == 0 || list.size() <= limit) return;
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(limit), list.end());
  warnings.push_back("results truncated due to limit");
}

}  // namespace gnomon::prometheus
