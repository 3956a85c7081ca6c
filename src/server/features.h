#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "src/promql/ast.h"

namespace gnomon::server {

// "a,b" -> appends "a" and "b".
void append_features(std::string_view names, std::vector<std::string>& features);

struct FeatureChoice {
  promql::Features promql;
  std::map<std::string, bool> enabled;  // every name Gnomon knows
  std::vector<std::string> unknown;     // to be warned of, as Prometheus does
};
FeatureChoice choose_features(const std::vector<std::string>& names);

}  // namespace gnomon::server
