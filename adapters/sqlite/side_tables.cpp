#include "adapters/sqlite/side_tables.h"

#include <algorithm>
#include <cstring>

#include "src/base/limits.h"

namespace gnomon::sqlite {

Result<void> MetadataTable::load(Connection& connection) {
  TRY(Query query, connection.prepare("SELECT metric, type, help, unit FROM metadata"));
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return {};
    const auto text = [&](int column) { return std::string(query.blob(column)); };
    entries_[text(0)] = {text(1), text(2), text(3)};
  }
}

Result<void> MetadataTable::store(Connection& connection, const Write& write) {
  for (const model::MetadataEntry& entry : write.batch->metadata) {
    {
      const std::lock_guard hold(mutex_);
      const auto found = entries_.find(entry.metric);
      if (found != entries_.end() && found->second == entry.metadata) continue;
    }
    TRY(Query query, connection.prepare("INSERT OR REPLACE INTO metadata(metric, type, help, unit) "
                                        "VALUES (?1, ?2, ?3, ?4)"));
    query.bind_text(1, entry.metric).bind_text(2, entry.metadata.type);
    query.bind_text(3, entry.metadata.help).bind_text(4, entry.metadata.unit);
    TRY_VOID(query.run());
  }
  return {};
}

void MetadataTable::apply(const Write& write) {
  if (write.batch->metadata.empty()) return;
  const std::lock_guard hold(mutex_);
  for (const model::MetadataEntry& entry : write.batch->metadata) {
    entries_[entry.metric] = entry.metadata;
  }
}

std::vector<model::MetadataEntry> MetadataTable::find(const std::string& metric) const {
  const std::lock_guard hold(mutex_);
  std::vector<model::MetadataEntry> out;
  if (metric.empty()) {
    for (const auto& [name, metadata] : entries_) out.push_back({name, metadata});
  } else if (const auto found = entries_.find(metric); found != entries_.end()) {
    out.push_back({found->first, found->second});
  }
  return out;
}

Result<void> ExemplarTable::load(Connection& connection) {
  TRY(Query query,
      connection.prepare("SELECT id, series, time, value, labels FROM exemplar ORDER BY id"));
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return {};
    Entry entry{static_cast<storage::SeriesId>(query.integer(1)), {}};
    entry.exemplar.time_ms = query.integer(2);
    const std::string_view value = query.blob(3);
    if (value.size() != sizeof(double)) {
      return Error{ErrorKind::Internal, "damaged exemplar in the store"};
    }
    std::memcpy(&entry.exemplar.value, value.data(), sizeof(double));
    entry.exemplar.labels = model::Labels(std::string(query.blob(4)));
    next_id_ = query.integer(0) + 1;
    entries_.push_back(std::move(entry));
  }
}

Result<void> ExemplarTable::store(Connection& connection, const Write& write) {
  const model::WriteBatch& batch = *write.batch;
  if (batch.exemplars.empty()) return {};
  TRY(Query query, connection.prepare("INSERT OR REPLACE INTO exemplar(id, series, time, value, "
                                      "labels) VALUES (?1, ?2, ?3, ?4, ?5)"));
  for (size_t r = 0; r < batch.rows.size(); ++r) {
    for (uint32_t i = batch.rows[r].exemplar_begin; i < batch.rows[r].exemplar_end; ++i) {
      const model::Exemplar& exemplar = batch.exemplars[i];
      char value[sizeof(double)];
      std::memcpy(value, &exemplar.value, sizeof(double));
      query.bind(1, next_id_++).bind(2, static_cast<int64_t>(write.ids[r]));
      query.bind(3, exemplar.time_ms).bind_blob(4, {value, sizeof(value)});
      query.bind_blob(5, exemplar.labels.packed());
      TRY_VOID(query.run());
    }
  }
  TRY(Query expire, connection.prepare("DELETE FROM exemplar WHERE id < ?1"));
  expire.bind(1, next_id_ - static_cast<int64_t>(base::kExemplarsMax));
  return expire.run();
}

uint64_t ExemplarTable::apply(const Write& write) {
  const model::WriteBatch& batch = *write.batch;
  if (batch.exemplars.empty()) return 0;
  uint64_t added = 0;
  const std::lock_guard hold(mutex_);
  for (size_t r = 0; r < batch.rows.size(); ++r) {
    for (uint32_t i = batch.rows[r].exemplar_begin; i < batch.rows[r].exemplar_end; ++i) {
      entries_.push_back({write.ids[r], batch.exemplars[i]});
      if (entries_.size() > base::kExemplarsMax) entries_.pop_front();
      ++added;
    }
  }
  return added;
}

ExemplarTable::Found ExemplarTable::find(int64_t min_time_ms, int64_t max_time_ms) const {
  Found found;
  {
    const std::lock_guard hold(mutex_);
    for (const Entry& entry : entries_) {
      const int64_t time = entry.exemplar.time_ms;
      if (time < min_time_ms || time > max_time_ms) continue;
      found[entry.series].push_back(entry.exemplar);
    }
  }
  for (auto& [id, exemplars] : found) {
    std::stable_sort(exemplars.begin(), exemplars.end(),
                     [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; });
    if (exemplars.size() > base::kExemplarsPerSeriesMax) {
      exemplars.erase(exemplars.begin(), exemplars.end() - base::kExemplarsPerSeriesMax);
    }
    // A sender repeats its exemplar with every scrape until there is a new one.
    const auto repeat = [](const model::Exemplar& a, const model::Exemplar& b) {
      return a.time_ms == b.time_ms && a.labels == b.labels &&
             std::memcmp(&a.value, &b.value, sizeof(double)) == 0;
    };
    exemplars.erase(std::unique(exemplars.begin(), exemplars.end(), repeat), exemplars.end());
  }
  return found;
}

}  // namespace gnomon::sqlite
