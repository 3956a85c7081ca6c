#pragma once

#include <cstdint>
#include <string>

namespace gnomon::parsing {

// What is wrong with a query, and the byte of its text that it points at. Each language prints it
// its own way.
struct ParseError {
  int32_t start = 0;
  std::string message;
};

}  // namespace gnomon::parsing
