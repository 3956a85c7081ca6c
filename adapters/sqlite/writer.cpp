#include "adapters/sqlite/writer.h"

#include <algorithm>
#include <utility>

#include "adapters/sql/series_block.h"

namespace gnomon::sqlite {
namespace {

constexpr size_t kGroupBytesMax = 8u << 20;

Result<void> in_transaction(Connection& connection, const Writer::Body& body) {
  TRY_VOID(connection.run("BEGIN IMMEDIATE"));
  auto result = body(connection);
  if (result.ok()) result = connection.run("COMMIT");
  // Fails harmlessly where SQLite has rolled back by itself.
  if (!result.ok()) (void)connection.run("ROLLBACK").ok();
  return result;
}

}  // namespace

Writer::Writer(Connection connection, const storage::SeriesIndex& index, Hooks hooks)
    : connection_(std::move(connection)), index_(index), hooks_(std::move(hooks)) {}

Result<void> Writer::prepare(uint32_t series_end, uint64_t next_seq) {
  series_end_ = series_end;
  next_seq_ = next_seq;
  TRY(insert_log_, connection_.prepare("INSERT INTO log(seq, data) VALUES (?1, ?2)"));
  TRY(insert_series_, connection_.prepare("INSERT INTO series(first, data) VALUES (?1, ?2)"));
  return {};
}

Result<void> Writer::write(Write& write) {
  Turn turn;
  turn.write = &write;
  return queue(turn);
}

Result<void> Writer::exclusive(const Body& body) {
  Turn turn;
  turn.body = &body;
  return queue(turn);
}

Result<void> Writer::transact(const Body& body) {
  return exclusive([&](Connection& connection) { return in_transaction(connection, body); });
}

Writer::Counts Writer::counts() const {
  const std::lock_guard hold(mutex_);
  return counts_;
}

Result<void> Writer::queue(Turn& turn) {
  std::unique_lock lock(mutex_);
  queue_.push_back(&turn);
  turn.wake.wait(lock, [&] { return turn.done || (!busy_ && queue_.front() == &turn); });
  if (!turn.done) {
    auto group = take_group();
    busy_ = true;
    lock.unlock();
    lead(std::move(group));
  }
  return std::move(turn.result);
}

// With mutex_ held: the first of the queue and what may be committed with it.
std::vector<Writer::Turn*> Writer::take_group() {
  std::vector<Turn*> group;
  size_t bytes = 0;
  while (!queue_.empty()) {
    Turn* turn = queue_.front();
    if (!group.empty() && (turn->body != nullptr || bytes > kGroupBytesMax)) break;
    queue_.pop_front();
    group.push_back(turn);
    if (turn->body != nullptr) break;
    bytes += turn->write->record.size();
  }
  return group;
}

void Writer::lead(std::vector<Turn*> group) {
  const bool alone = group.front()->body != nullptr;
  const auto result = alone ? (*group.front()->body)(connection_) : commit(group);
  // The next commit may begin as soon as nobody can overtake us on the way to the head.
  std::unique_lock applying(apply_mutex_);
  {
    const std::lock_guard hold(mutex_);
    busy_ = false;
    ++counts_.commits;
    for (Turn* turn : group) {
      if (turn->write != nullptr) counts_.log_bytes += turn->write->record.size();
    }
    if (!queue_.empty()) queue_.front()->wake.notify_one();
  }
  if (!alone && result.ok()) {
    for (Turn* turn : group) hooks_.apply(*turn->write);
  }
  applying.unlock();
  const std::lock_guard hold(mutex_);
  for (Turn* turn : group) {
    turn->result = result;
    turn->done = true;
    turn->wake.notify_one();
  }
}

Result<void> Writer::commit(std::span<Turn* const> group) {
  const uint64_t seq = next_seq_;
  const uint32_t series_end = series_end_;
  auto result = in_transaction(connection_, [&](Connection&) { return store(group); });
  if (!result.ok()) {
    next_seq_ = seq;
    series_end_ = series_end;
  }
  return result;
}

Result<void> Writer::store(std::span<Turn* const> group) {
  uint32_t series_end = series_end_;
  for (const Turn* turn : group) {
    for (storage::SeriesId id : turn->write->ids) {
      series_end = std::max(series_end, static_cast<uint32_t>(id) + 1);
    }
  }
  TRY_VOID(store_series(series_end));
  for (const Turn* turn : group) {
    Write& write = *turn->write;
    write.seq = next_seq_++;
    insert_log_.bind(1, static_cast<int64_t>(write.seq)).bind_blob(2, write.record);
    TRY_VOID(insert_log_.run());
    if (hooks_.store_extras) TRY_VOID(hooks_.store_extras(connection_, write));
  }
  return {};
}

// Series get their ids before anything is durable. Whoever commits the first sample of one stores
// it, and all with smaller ids: so no log record ever names a series the file does not know.
Result<void> Writer::store_series(uint32_t end) {
  if (end <= series_end_) return {};
  std::vector<sql::StoredSeries> series;
  for (uint32_t id = series_end_; id < end; ++id) {
    const auto number = static_cast<storage::SeriesId>(id);
    model::Labels labels = index_.labels(number);
    if (!labels.empty()) series.push_back({number, std::move(labels)});
  }
  if (!series.empty()) {
    const std::string block = sql::encode_series_block(series);
    insert_series_.bind(1, static_cast<int64_t>(series.front().id)).bind_blob(2, block);
    TRY_VOID(insert_series_.run());
  }
  series_end_ = end;
  return {};
}

}  // namespace gnomon::sqlite
