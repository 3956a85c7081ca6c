#include "src/functions/table.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "src/functions/families.h"

namespace gnomon::functions {
namespace {

bool by_name(const Function* a, const Function* b) { return a->name < b->name; }

std::vector<const Function*> join_families() {
  std::vector<const Function*> rows;
  for (std::span<const Function> family :
       {rate_family(), over_time_family(), spread_family(), regression_family(),
        transition_family(), math_family(), date_family(), histogram_family(), scalar_family(),
        special_family()}) {
    for (const Function& row : family) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), by_name);
  assert(std::adjacent_find(rows.begin(), rows.end(), [](const Function* a, const Function* b) {
           return a->name == b->name;
         }) == rows.end());
  return rows;
}

}  // namespace

std::span<const Function* const> all_functions() {
  static const std::vector<const Function*> rows = join_families();
  return rows;
}

const Function* find_function(std::string_view name) {
  std::span<const Function* const> rows = all_functions();
  auto at = std::lower_bound(rows.begin(), rows.end(), name,
                             [](const Function* row, std::string_view n) { return row->name < n; });
  return at != rows.end() && (*at)->name == name ? *at : nullptr;
}

}  // namespace gnomon::functions
