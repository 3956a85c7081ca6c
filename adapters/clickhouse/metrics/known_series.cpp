#include "adapters/clickhouse/metrics/known_series.h"

#include <utility>

#include "src/base/limits.h"

namespace gnomon::clickhouse {

KnownSeries::Entry& KnownSeries::entry(const SeriesId& id) {
  const auto found = young_.find(id);
  if (found != young_.end()) return found->second;
  if (young_.size() >= base::kClickHouseSeriesKnownMax) {
    old_ = std::move(young_);
    young_ = {};
  }
  Entry entry;
  if (const auto before = old_.find(id); before != old_.end()) {
    entry = before->second;
    old_.erase(before);
  }
  return young_.emplace(id, entry).first->second;
}

void KnownSeries::erase(const SeriesId& id) {
  young_.erase(id);
  old_.erase(id);
}

}  // namespace gnomon::clickhouse
