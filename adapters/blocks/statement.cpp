#include "adapters/blocks/statement.h"

namespace gnomon::blocks {

std::string to_string(const Statement& statement) {
  std::string out = statement.text;
  if (statement.parameters.empty()) return out;
  out += "  [";
  for (size_t i = 0; i < statement.parameters.size(); ++i) {
    if (i != 0) out += ", ";
    out += std::to_string(statement.parameters[i]);
  }
  return out + "]";
}

}  // namespace gnomon::blocks
