#include "src/server/features.h"

#include <algorithm>

namespace gnomon::server {
namespace {

// Prometheus' names of --enable-feature. Without a member: accepted, and on whether named or not.
struct FeatureRow {
  std::string_view name;
  bool promql::Features::*member;
};
constexpr FeatureRow kFeatures[] = {
    {"exemplar-storage", nullptr},
    {"native-histograms", nullptr},
    {"promql-at-modifier", nullptr},
    {"promql-binop-fill-modifiers", &promql::Features::binop_fill_modifiers},
    {"promql-delayed-name-removal", &promql::Features::delayed_name_removal},
    {"promql-duration-expr", nullptr},
    {"promql-experimental-functions", &promql::Features::experimental_functions},
    {"promql-extended-range-selectors", &promql::Features::extended_range_selectors},
    {"promql-negative-offset", nullptr},
    {"remote-write-receiver", nullptr},
    {"type-and-unit-labels", &promql::Features::type_and_unit_labels},
    {"use-start-timestamps", &promql::Features::use_start_timestamps},
};

}  // namespace

void append_features(std::string_view names, std::vector<std::string>& features) {
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    if (!name.empty()) features.emplace_back(name);
  }
}

FeatureChoice choose_features(const std::vector<std::string>& names) {
  FeatureChoice choice;
  for (const FeatureRow& row : kFeatures) {
    choice.enabled[std::string(row.name)] = row.member == nullptr;
  }
  for (const std::string& name : names) {
    const auto* row =
        std::find_if(std::begin(kFeatures), std::end(kFeatures),
                     [&](const FeatureRow& candidate) { return candidate.name == name; });
    if (row == std::end(kFeatures)) {
      choice.unknown.push_back(name);
      continue;
    }
    choice.enabled[name] = true;
    if (row->member != nullptr) choice.promql.*(row->member) = true;
  }
  return choice;
}

}  // namespace gnomon::server
