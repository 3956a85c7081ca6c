#pragma once

#include <vector>

#include "tests/differential/world.h"

namespace gnomon::differential {

struct Case {
  promql::Features features;
  std::vector<Series> series;
  Query query;
  Difference difference;
};

// A smaller case with a difference between the same two. False when the samples, written at once,
// show none: then only the seed leads there.
bool shrink(Case& found);

// The case as a script of tests/conformance, with what memory answers as the expectation.
std::string to_script(const Case& found);

}  // namespace gnomon::differential
