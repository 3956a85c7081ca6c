#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/exec/names.h"
#include "src/exec/operator.h"
#include "src/plan/plan.h"

namespace gnomon::exec {

// Which group of an aggregation each input series belongs to.
struct Groups {
  std::vector<uint32_t> of_series;    // group number for each series
  std::vector<model::Labels> labels;  // for each group; groups in the order of first appearance
};

Groups make_groups(const Context& context, const plan::Aggregate& aggregate,
                   std::span<const SeriesMeta> series);

}  // namespace gnomon::exec
