#pragma once

#include <vector>

#include "src/model/labels.h"
#include "src/model/matcher.h"

namespace gnomon::storage {

// Whether one series satisfies all matchers.
bool satisfies(model::LabelsView labels, const model::Matchers& matchers);
// Of several sets one is enough; where there are none, every series does.
bool satisfies_any(model::LabelsView labels, const std::vector<model::Matchers>& sets);

}  // namespace gnomon::storage
