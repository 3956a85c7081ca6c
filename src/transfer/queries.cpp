#include "src/transfer/queries.h"

#include <algorithm>
#include <array>

#include "src/base/text.h"
#include "src/model/labels.h"

namespace gnomon::transfer {
namespace {

// $ stands for a selector.
constexpr std::array<std::string_view, 7> kForms = {
    "$",
    "count($)",
    "sum by (job, instance) ($)",
    "rate($[5m])",
    "max_over_time($[10m])",
    "count_over_time($[1h])",
    "topk(3, avg_over_time($[15m]))",
};
constexpr std::string_view kQuantile = "histogram_quantile(0.9, sum by (le) (rate($[10m])))";
constexpr std::string_view kBucket = "_bucket";

std::string selector(const std::string& metric) {
  return model::legacy_metric_name(metric) ? metric : "{" + base::quote(metric) + "}";
}

std::string filled(std::string_view form, const std::string& selector) {
  std::string out(form);
  return out.replace(out.find('$'), 1, selector);
}

}  // namespace

std::vector<std::string> read_queries(std::istream& lines) {
  std::vector<std::string> queries;
  for (std::string line; std::getline(lines, line);) {
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    queries.push_back(line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin));
  }
  return queries;
}

Result<std::vector<std::string>> queries_about(storage::Catalog& catalog, size_t metrics_max) {
  TRY(const auto metrics, catalog.label_strings({}, std::string(model::kMetricName), {}));
  std::vector<std::string> queries;
  const size_t count = std::min(metrics.size(), metrics_max);
  for (size_t i = 0; i < count; ++i) {
    const std::string& metric = metrics[i * metrics.size() / count];
    const std::string selected = selector(metric);
    for (const std::string_view form : kForms) queries.push_back(filled(form, selected));
    if (metric.ends_with(kBucket)) queries.push_back(filled(kQuantile, selected));
  }
  return queries;
}

}  // namespace gnomon::transfer
