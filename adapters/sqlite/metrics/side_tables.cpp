#include "adapters/sqlite/metrics/side_tables.h"

#include <cstring>
#include <string>
#include <utility>

#include "src/base/limits.h"

namespace gnomon::sqlite {

Result<void> MetadataTable::load(Connection& connection, blocks::MetadataMap& map) {
  TRY(Query query, connection.prepare("SELECT metric, type, help, unit FROM metadata"));
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return {};
    const auto text = [&](int column) { return std::string(query.blob(column)); };
    map.put(text(0), {text(1), text(2), text(3)});
  }
}

Result<void> MetadataTable::store(Connection& connection, const blocks::Write& write,
                                  const blocks::MetadataMap& map) {
  for (const model::MetadataEntry& entry : write.batch->metadata) {
    if (map.has(entry)) continue;
    TRY(Query query, connection.prepare("INSERT OR REPLACE INTO metadata(metric, type, help, unit) "
                                        "VALUES (?1, ?2, ?3, ?4)"));
    query.bind_text(1, entry.metric).bind_text(2, entry.metadata.type);
    query.bind_text(3, entry.metadata.help).bind_text(4, entry.metadata.unit);
    TRY_VOID(query.run());
  }
  return {};
}

Result<void> ExemplarTable::load(Connection& connection, blocks::ExemplarRing& ring) {
  TRY(Query query,
      connection.prepare("SELECT id, series, time, value, labels FROM exemplar ORDER BY id"));
  while (true) {
    TRY(const bool row, query.step());
    if (!row) return {};
    model::Exemplar exemplar;
    exemplar.time_ms = query.integer(2);
    const std::string_view value = query.blob(3);
    if (value.size() != sizeof(double)) {
      return Error{ErrorKind::Internal, "damaged exemplar in the store"};
    }
    std::memcpy(&exemplar.value, value.data(), sizeof(double));
    exemplar.labels = model::Labels(std::string(query.blob(4)));
    next_id_ = query.integer(0) + 1;
    ring.add(static_cast<storage::SeriesId>(query.integer(1)), std::move(exemplar));
  }
}

Result<void> ExemplarTable::store(Connection& connection, const blocks::Write& write) {
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

}  // namespace gnomon::sqlite
