#include "src/storage/metrics/fragment.h"

namespace gnomon::storage {

std::string to_string(const Fragment& fragment) {
  std::string out = "scan {";
  for (const model::Matcher& matcher : fragment.matchers) {
    if (out.back() != '{') out += ',';
    out += model::to_string(matcher);
  }
  out += "} [" + std::to_string(fragment.min_time_ms) + ", ";
  out += std::to_string(fragment.max_time_ms) + "]";
  return out + to_string(fragment.reduction);
}

}  // namespace gnomon::storage
