#include "adapters/clickhouse/metrics/catalog.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>

#include "adapters/clickhouse/metrics/catalog_statements.h"
#include "adapters/clickhouse/metrics/statements.h"
#include "adapters/clickhouse/row_binary.h"
#include "src/base/limits.h"

namespace gnomon::clickhouse {
namespace {

using storage::ByteReader;
using storage::CatalogQuery;

Error damaged() { return {ErrorKind::Internal, "ClickHouse sent an answer that cannot be read"}; }

Result<std::vector<storage::NamedCount>> named_counts(HttpClient& client, const std::string& sql,
                                                      const std::stop_token& stop) {
  TRY(const std::string rows, client.fetch({.sql = sql, .reads_only = true}, stop));
  std::vector<storage::NamedCount> out;
  ByteReader reader(rows);
  while (reader.left() > 0) {
    std::string name(take_text(reader));
    out.push_back({std::move(name), reader.fixed<uint64_t>()});
  }
  if (!reader.ok()) return damaged();
  return out;
}

// A row of 8-byte numbers.
template <size_t kCount>
Result<std::array<int64_t, kCount>> numbers(HttpClient& client, const std::string& sql,
                                            const std::stop_token& stop) {
  TRY(const std::string row, client.fetch({.sql = sql, .reads_only = true}, stop));
  std::array<int64_t, kCount> out;
  if (row.size() != sizeof(out)) return damaged();
  std::memcpy(out.data(), row.data(), sizeof(out));
  return out;
}

model::Labels read_map(ByteReader& reader) {
  std::string packed;
  for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    const std::string_view name = take_text(reader);
    model::append_packed(packed, name, take_text(reader));
  }
  return model::Labels(std::move(packed));
}

// A sender repeats its exemplar with every scrape until there is a new one.
void add_exemplar(std::vector<model::Exemplar>& all, model::Exemplar exemplar) {
  if (!all.empty()) {
    const model::Exemplar& last = all.back();
    if (last.time_ms == exemplar.time_ms && last.labels == exemplar.labels &&
        std::bit_cast<uint64_t>(last.value) == std::bit_cast<uint64_t>(exemplar.value)) {
      return;
    }
  }
  all.push_back(std::move(exemplar));
}

}  // namespace

Result<SeriesListPtr> ClickHouseCatalog::find(const CatalogQuery& query, uint64_t version,
                                              std::stop_token stop) {
  const std::string key =
      condition_of(query.matcher_sets).sql + day_condition(query.min_time_ms, query.max_time_ms);
  if (auto list = cache_.find(key, version)) return list;
  TRY(SeriesListPtr list, find_series(client_, query, std::move(stop)));
  return cache_.store(key, version, std::move(list));
}

Result<std::vector<model::Labels>> ClickHouseCatalog::series(const CatalogQuery& query,
                                                             std::stop_token stop) {
  TRY(const uint64_t version, poller_.poll(metrics_, stop));
  TRY(const SeriesListPtr list, find(query, version, stop));
  return list->labels;
}

Result<std::vector<std::string>> ClickHouseCatalog::label_strings(const CatalogQuery& query,
                                                                  const std::string& label,
                                                                  std::stop_token stop) {
  TRY(const uint64_t version, poller_.poll(metrics_, stop));
  if (condition_of(query.matcher_sets).exact) {
    const std::string sql = label.empty() ? select_label_names(client_.options(), query)
                                          : select_label_values(client_.options(), query, label);
    {
      const std::lock_guard hold(mutex_);
      if (strings_version_ != version || strings_.size() >= base::kClickHouseLabelAnswersMax) {
        strings_.clear();
      }
      strings_version_ = version;
      if (const auto found = strings_.find(sql); found != strings_.end()) return found->second;
    }
    TRY(const std::string rows, client_.fetch({.sql = sql, .reads_only = true}, stop));
    std::vector<std::string> out;
    ByteReader reader(rows);
    while (reader.left() > 0) out.emplace_back(take_text(reader));
    if (!reader.ok()) return damaged();
    const std::lock_guard hold(mutex_);
    if (strings_version_ == version && out.size() <= base::kClickHouseLabelStringsMax)
      strings_[sql] = out;
    return out;
  }
  TRY(const SeriesListPtr list, find(query, version, stop));
  std::set<std::string> out;
  for (const model::Labels& labels : list->labels) {
    for (const auto& [name, value] : labels) {
      if (label.empty()) out.emplace(name);
      if (label == name) out.emplace(value);
    }
  }
  return std::vector<std::string>(out.begin(), out.end());
}

Result<std::vector<model::MetadataEntry>> ClickHouseCatalog::metadata(const std::string& metric,
                                                                      std::stop_token stop) {
  TRY(const std::string rows,
      client_.fetch({.sql = select_metadata(client_.options(), metric), .reads_only = true}, stop));
  std::vector<model::MetadataEntry> out;
  ByteReader reader(rows);
  while (reader.left() > 0) {
    model::MetadataEntry entry;
    entry.metric = take_text(reader);
    entry.metadata.type = take_text(reader);
    entry.metadata.help = take_text(reader);
    entry.metadata.unit = take_text(reader);
    if (!reader.ok()) return damaged();
    out.push_back(std::move(entry));
  }
  return out;
}

Result<std::vector<storage::ExemplarSeries>> ClickHouseCatalog::exemplars(const CatalogQuery& query,
                                                                          std::stop_token stop) {
  TRY(const uint64_t version, poller_.poll(metrics_, stop));
  TRY(const SeriesListPtr list, find(query, version, stop));
  std::vector<storage::ExemplarSeries> out;
  if (list->ids.empty()) return out;
  for (const model::Labels& labels : list->labels) out.push_back({labels, {}});
  const IdTable table(list->ids);
  Request request{.sql = select_exemplars(client_.options(), query), .reads_only = true};
  request.table_ids = {reinterpret_cast<const char*>(list->ids.data()),
                       list->ids.size() * sizeof(SeriesId)};
  TRY(const std::string rows, client_.fetch(request, stop));
  ByteReader reader(rows);
  while (reader.left() > 0) {
    const auto id = reader.fixed<SeriesId>();
    model::Exemplar exemplar;
    exemplar.time_ms = reader.fixed<int64_t>();
    exemplar.value = reader.fixed<double>();
    exemplar.labels = read_map(reader);
    if (!reader.ok()) return damaged();
    const uint32_t place = table.find(reinterpret_cast<const char*>(&id));
    if (place != IdTable::kNone) add_exemplar(out[place].exemplars, std::move(exemplar));
  }
  std::erase_if(out, [](const auto& series) { return series.exemplars.empty(); });
  return out;
}

Result<storage::Statistics> ClickHouseCatalog::statistics(size_t top, std::stop_token stop) {
  const Options& options = client_.options();
  storage::Statistics out;
  TRY(const auto series, numbers<2>(client_, count_series(options), stop));
  TRY(const auto samples, numbers<3>(client_, count_samples(options), stop));
  out.series = static_cast<uint64_t>(series[0]);
  out.label_pairs = static_cast<uint64_t>(series[1]);
  const auto rows = static_cast<uint64_t>(samples[0]);
  if (rows > 0) {
    out.min_time_ms = samples[1];
    out.max_time_ms = samples[2];
  }
  TRY(out.series_by_metric, named_counts(client_, top_metrics(options, top), stop));
  TRY(out.values_by_label,
      named_counts(client_, top_labels(options, "uniqExact(value)", top), stop));
  TRY(out.bytes_by_label,
      named_counts(client_, top_labels(options, "sum(length(value))", top), stop));
  TRY(out.series_by_label_pair, named_counts(client_, top_pairs(options, top), stop));
  const auto count = [&](const char* name, uint64_t value) {
    out.counters[name] = static_cast<double>(value);
  };
  const MetricsSignal::Counts written = metrics_.counts();
  const PageCache::Counts pages = pages_.counts();
  count("gnomon_store_series", out.series);
  count("gnomon_store_rows", rows);
  count("gnomon_store_inserts_total", written.inserts);
  count("gnomon_store_inserted_samples_total", written.samples);
  count("gnomon_store_inserted_bytes_total", written.bytes);
  count("gnomon_store_chunk_cache_bytes", pages.bytes);
  count("gnomon_store_chunk_cache_hits_total", pages.hits);
  count("gnomon_store_chunk_cache_misses_total", pages.misses);
  return out;
}

}  // namespace gnomon::clickhouse
