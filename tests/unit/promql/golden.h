#pragma once

#include <string>
#include <vector>

namespace gnomon::promql {

// One case of a file of testdata/parse: lines of "features ..." set what holds from there on, a
// query is "expr ..." or, with escapes, "escaped ...", and its answer the lines up to an empty one.
struct GoldenCase {
  bool all_features = true;
  std::string query;
  std::string answer;
};

std::vector<GoldenCase> read_golden(const std::string& name);

}  // namespace gnomon::promql
