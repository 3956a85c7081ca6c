#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gnomon::prometheus {

// How names outside [a-zA-Z_:][a-zA-Z0-9_:]* are written in the text format; labels have no ':'.
enum class Escaping : uint8_t {
  Underscores,  // http_status
  Utf8,         // "http.status"
  Dots,         // http_dot_status
  Values,       // U__http_2e_status
};

// What a scraper asks for: `escaping` of the best type of its Accept header that names one.
Escaping requested_escaping(std::string_view accept);
// Its name in such a header.
std::string_view escaping_text(Escaping escaping);

// With Utf8 in quotes when need be. `name` is UTF-8.
std::string escaped_metric_name(std::string_view name, Escaping escaping);
std::string escaped_label_name(std::string_view name, Escaping escaping);

}  // namespace gnomon::prometheus
