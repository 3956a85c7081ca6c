#include "adapters/sqlite/metrics/state.h"

#include <algorithm>
#include <utility>

#include "adapters/blocks/series_block.h"

namespace gnomon::sqlite {

State::State(Database& database_in)
    : blocks::Memory([this](std::span<const blocks::PageId> ids,
                            const std::stop_token& stop) { return reader.read(ids, stop); },
                     {.bytes_max = database_in.options().chunk_cache_bytes}),
      database(database_in),
      reader(database_in.path()) {}

Result<void> State::store(Transaction& transaction, std::span<blocks::LogWrite* const> writes) {
  uint32_t end = series_end_;
  for (const blocks::LogWrite* write : writes) {
    for (storage::SeriesId id : static_cast<const Write&>(*write).ids) {
      end = std::max(end, static_cast<uint32_t>(id) + 1);
    }
  }
  TRY_VOID(store_series(transaction, end));
  for (const blocks::LogWrite* write : writes) {
    const auto& one = static_cast<const Write&>(*write);
    TRY_VOID(metadata_table.store(transaction.connection(), one, metadata));
    TRY_VOID(exemplar_table.store(transaction.connection(), one));
  }
  return {};
}

// Series get their ids before anything is durable. The first commit of a sample of one stores it,
// and all with smaller ids: so no log record ever names a series that the file does not know.
Result<void> State::store_series(Transaction& transaction, uint32_t end) {
  const uint32_t begin = series_end_;
  if (end <= begin) return {};
  std::vector<blocks::StoredSeries> series;
  for (uint32_t id = begin; id < end; ++id) {
    const auto number = static_cast<storage::SeriesId>(id);
    model::Labels labels = index.labels(number);
    if (!labels.empty()) series.push_back({number, std::move(labels)});
  }
  if (!series.empty()) {
    if (!insert_series_) {
      TRY(insert_series_,
          transaction.connection().prepare("INSERT INTO series(first, data) VALUES (?1, ?2)"));
    }
    const std::string block = blocks::encode_series_block(series);
    insert_series_.bind(1, static_cast<int64_t>(series.front().id)).bind_blob(2, block);
    TRY_VOID(insert_series_.run());
  }
  transaction.on_rollback([this, begin] { series_end_ = begin; });
  series_end_ = end;
  return {};
}

void State::apply(Write& write) {
  head.begin_record(write.seq);
  blocks::Memory::apply(write);
}

}  // namespace gnomon::sqlite
