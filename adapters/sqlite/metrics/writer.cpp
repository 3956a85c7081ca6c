#include "adapters/sqlite/metrics/writer.h"

#include <algorithm>
#include <utility>

#include "adapters/blocks/series_block.h"
#include "src/base/guarded.h"

namespace gnomon::sqlite {
namespace {

Result<void> in_transaction(Connection& connection, const Writer::Body& body) {
  TRY_VOID(connection.run("BEGIN IMMEDIATE"));
  auto result = base::guarded([&] { return body(connection); });
  if (result.ok()) result = connection.run("COMMIT");
  // Fails harmlessly where SQLite has rolled back by itself.
  if (!result.ok()) (void)connection.run("ROLLBACK").ok();
  return result;
}

}  // namespace

Writer::Writer(Connection connection, const storage::SeriesIndex& index, Hooks hooks)
    : connection_(std::move(connection)),
      index_(index),
      hooks_(std::move(hooks)),
      queue_({[this](blocks::CommitQueue::Group group) { return commit(group); },
              [this](blocks::CommitQueue::Group group) {
                for (Write* write : group) hooks_.apply(*write);
                return Result<void>();
              }}) {}

Result<void> Writer::prepare(uint32_t series_end, uint64_t next_seq) {
  series_end_ = series_end;
  next_seq_ = next_seq;
  TRY(insert_log_, connection_.prepare("INSERT INTO log(seq, data) VALUES (?1, ?2)"));
  TRY(insert_series_, connection_.prepare("INSERT INTO series(first, data) VALUES (?1, ?2)"));
  return {};
}

Result<void> Writer::exclusive(const Body& body) {
  return queue_.exclusive([&] { return body(connection_); });
}

Result<void> Writer::transact(const Body& body) {
  return exclusive([&](Connection& connection) { return in_transaction(connection, body); });
}

Result<void> Writer::commit(blocks::CommitQueue::Group group) {
  const uint64_t seq = next_seq_;
  const uint32_t series_end = series_end_;
  auto result = in_transaction(connection_, [&](Connection&) { return store(group); });
  if (!result.ok()) {
    next_seq_ = seq;
    series_end_ = series_end;
  }
  return result;
}

Result<void> Writer::store(blocks::CommitQueue::Group group) {
  uint32_t series_end = series_end_;
  for (const Write* write : group) {
    for (storage::SeriesId id : write->ids) {
      series_end = std::max(series_end, static_cast<uint32_t>(id) + 1);
    }
  }
  TRY_VOID(store_series(series_end));
  for (Write* write : group) {
    write->seq = next_seq_++;
    insert_log_.bind(1, static_cast<int64_t>(write->seq)).bind_blob(2, write->record);
    TRY_VOID(insert_log_.run());
    if (hooks_.store_extras) TRY_VOID(hooks_.store_extras(connection_, *write));
  }
  return {};
}

// Series get their ids before anything is durable. Whoever commits the first sample of one stores
// it, and all with smaller ids: so no log record ever names a series the file does not know.
Result<void> Writer::store_series(uint32_t end) {
  if (end <= series_end_) return {};
  std::vector<blocks::StoredSeries> series;
  for (uint32_t id = series_end_; id < end; ++id) {
    const auto number = static_cast<storage::SeriesId>(id);
    model::Labels labels = index_.labels(number);
    if (!labels.empty()) series.push_back({number, std::move(labels)});
  }
  if (!series.empty()) {
    const std::string block = blocks::encode_series_block(series);
    insert_series_.bind(1, static_cast<int64_t>(series.front().id)).bind_blob(2, block);
    TRY_VOID(insert_series_.run());
  }
  series_end_ = end;
  return {};
}

}  // namespace gnomon::sqlite
