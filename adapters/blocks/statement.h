#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gnomon::blocks {

// One SQL statement and the integers bound to its parameters, in order. A value.
struct Statement {
  std::string text;
  std::vector<int64_t> parameters;

  friend bool operator==(const Statement&, const Statement&) = default;
};

// "SELECT ... ?1 AND ?2  [3, 4]": how EXPLAIN and the goldens show it.
std::string to_string(const Statement& statement);

}  // namespace gnomon::blocks
