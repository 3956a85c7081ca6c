#include "src/wire/refusals.h"

#include <utility>

#include "src/base/limits.h"

namespace gnomon::wire {
namespace {

void remember(std::vector<std::string>& named, std::string what) {
  if (named.size() < base::kRefusalsNamedMax) named.push_back(std::move(what));
}

}  // namespace

void Refusals::name_skipped(std::string what) { remember(skipped_named, std::move(what)); }
void Refusals::name_error(std::string what) { remember(errors, std::move(what)); }

}  // namespace gnomon::wire
