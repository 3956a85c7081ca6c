#include "adapters/clickhouse/metrics/metric_facts.h"

#include <utility>

#include "adapters/clickhouse/inserter.h"
#include "adapters/clickhouse/row_binary.h"
#include "adapters/clickhouse/schema.h"

namespace gnomon::clickhouse {
namespace {

constexpr std::string_view kStarts = "starts";
constexpr std::string_view kHistograms = "histograms ";  // and the metric

}  // namespace

MetricFacts::Known MetricFacts::known() const {
  const std::lock_guard hold(mutex_);
  return known_;
}

std::string MetricFacts::select() const {
  return "SELECT name AS fact FROM " + table_name(client_.options(), "facts");
}

void MetricFacts::learn(std::span<const std::string_view> rows) {
  Metrics histograms;
  bool starts = false;
  for (const std::string_view row : rows) {
    starts = starts || row == kStarts;
    if (row.starts_with(kHistograms)) histograms.emplace(row.substr(kHistograms.size()));
  }
  const std::lock_guard hold(mutex_);
  known_.starts = known_.starts || starts;
  if (histograms.size() > known_.histograms->size()) {
    known_.histograms = std::make_shared<const Metrics>(std::move(histograms));
  }
}

Result<void> MetricFacts::record(const std::string& fact, const std::stop_token& abandoned) {
  std::string row;
  put_text(row, fact);
  return insert(client_, insert_statement(client_.options(), "facts", "name", "RowBinary"), row,
                abandoned);
}

Result<void> MetricFacts::record_starts(const std::stop_token& abandoned) {
  if (known().starts) return {};
  TRY_VOID(record(std::string(kStarts), abandoned));
  const std::lock_guard hold(mutex_);
  known_.starts = true;
  return {};
}

Result<void> MetricFacts::record_histograms(const Metrics& metrics,
                                            const std::stop_token& abandoned) {
  for (const std::string& metric : metrics) {
    if (known().histograms->contains(metric)) continue;
    TRY_VOID(record(std::string(kHistograms) + metric, abandoned));
    const std::lock_guard hold(mutex_);
    auto more = std::make_shared<Metrics>(*known_.histograms);
    more->insert(metric);
    known_.histograms = std::move(more);
  }
  return {};
}

}  // namespace gnomon::clickhouse
