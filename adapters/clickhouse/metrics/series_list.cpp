#include "adapters/clickhouse/metrics/series_list.h"

#include <algorithm>
#include <numeric>

#include "adapters/clickhouse/metrics/statements.h"
#include "adapters/clickhouse/row_binary.h"
#include "src/storage/matching.h"

namespace gnomon::clickhouse {
namespace {

constexpr size_t kSeriesPerLook = 4'096;  // at the stop

Error damaged() { return {ErrorKind::Internal, "ClickHouse sent series that cannot be read"}; }

// The metric name takes its place among the labels, which come by name.
model::Labels read_labels(storage::ByteReader& reader) {
  const std::string_view metric = take_text(reader);
  std::string packed;
  bool named = metric.empty();
  for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    const std::string_view name = take_text(reader);
    const std::string_view value = take_text(reader);
    if (!named && name > model::kMetricName) {
      model::append_packed(packed, model::kMetricName, metric);
      named = true;
    }
    model::append_packed(packed, name, value);
  }
  if (!named) model::append_packed(packed, model::kMetricName, metric);
  return model::Labels(std::move(packed));
}

SeriesListPtr sorted(const SeriesList& found) {
  std::vector<uint32_t> order(found.ids.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return found.labels[a] < found.labels[b]; });
  auto list = std::make_shared<SeriesList>();
  for (const uint32_t i : order) {
    if (!list->ids.empty() && list->ids.back() == found.ids[i]) continue;
    list->ids.push_back(found.ids[i]);
    list->labels.push_back(found.labels[i]);
  }
  return list;
}

}  // namespace

Result<SeriesListPtr> find_series(HttpClient& client, const storage::CatalogQuery& query,
                                  std::stop_token stop) {
  TRY(const std::string rows,
      client.fetch({.sql = select_series(client.options(), query), .reads_only = true}, stop));
  const bool exact = condition_of(query.matcher_sets).exact;
  storage::ByteReader reader(rows);
  SeriesList found;
  while (reader.left() > 0) {
    if (found.ids.size() % kSeriesPerLook == 0 && stop.stop_requested()) return base::canceled();
    const auto id = reader.fixed<SeriesId>();
    model::Labels labels = read_labels(reader);
    if (!reader.ok()) return damaged();
    if (!exact && !storage::satisfies_any(labels.view(), query.matcher_sets)) continue;
    found.ids.push_back(id);
    found.labels.push_back(std::move(labels));
  }
  return sorted(found);
}

SeriesListPtr SeriesCache::find(const std::string& key, uint64_t version) {
  const std::lock_guard hold(mutex_);
  const Versioned* found = lists_.find(key);
  return found != nullptr && found->version == version ? found->list : nullptr;
}

SeriesListPtr SeriesCache::store(const std::string& key, uint64_t version, SeriesListPtr list) {
  // So that very many small ones are bounded, too.
  constexpr size_t kEntryCost = base::kSelectionSeriesCachedMax / base::kSelectionsCachedMax;
  const std::lock_guard hold(mutex_);
  const Versioned* before = lists_.find(key);
  if (before != nullptr && before->list->ids == list->ids) list = before->list;
  lists_.store(key, {version, list}, list->ids.size() + kEntryCost);
  return list;
}

}  // namespace gnomon::clickhouse
