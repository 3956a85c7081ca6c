#include "src/storage/matching.h"

#include <algorithm>

namespace gnomon::storage {

using model::Matcher;
using model::Matchers;

bool satisfies(model::LabelsView labels, const Matchers& matchers) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& matcher) {
    return matcher.matches(labels.get(matcher.name()));
  });
}

bool satisfies_any(model::LabelsView labels, const std::vector<Matchers>& sets) {
  return sets.empty() || std::any_of(sets.begin(), sets.end(), [&](const Matchers& matchers) {
           return satisfies(labels, matchers);
         });
}

}  // namespace gnomon::storage
