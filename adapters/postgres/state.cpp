#include "adapters/postgres/state.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "adapters/postgres/chunk_pages.h"
#include "adapters/postgres/schema.h"
#include "src/base/log.h"

namespace gnomon::postgres {
namespace {

using storage::SeriesId;
using Clock = std::chrono::steady_clock;

constexpr int kRowsAtOnce = 64;
constexpr size_t kPagesAtOnce = 32;
constexpr std::chrono::milliseconds kRetryPause{200};
constexpr std::chrono::seconds kApplyFor{10};

int64_t random_number() {
  std::random_device device;
  return static_cast<int64_t>(uint64_t{device()} << 32 | device());
}

const blocks::ChunkTable& table_of(bool days) {
  return days ? blocks::kDayChunks : blocks::kWindowChunks;
}

bool storable(int64_t time_ms) {
  return time_ms >= storage::kStoreTimeMin && time_ms <= storage::kStoreTimeMax;
}

}  // namespace

thread_local Connection* State::applying_on_ = nullptr;

State::State(Address address_in, const storage::StoreOptions& options_in)
    : blocks::Memory([this](std::span<const blocks::PageId> ids,
                            const std::stop_token& stop) { return load_pages(ids, stop); },
                     {.bytes_max = options_in.chunk_cache_bytes, .pages_at_once = kPagesAtOnce}),
      address(std::move(address_in)),
      options(options_in),
      pool(Pool::get(address)),
      writer(random_number()),
      fresh_(Clock::now().time_since_epoch().count()) {}

std::string State::table(std::string_view name) const { return table_name(address.schema, name); }

std::chrono::steady_clock::duration State::behind() const {
  return Clock::now().time_since_epoch() - Clock::duration(fresh_.load());
}

void State::note_fresh() { fresh_ = Clock::now().time_since_epoch().count(); }

Result<std::vector<blocks::ChunkPagePtr>> State::lease_and_read(std::span<const blocks::PageId> ids,
                                                                const std::stop_token& stop) {
  TRY(const auto lease, pool->lease());
  return read_pages(*lease, address.schema, ids, stop);
}

// Whether a sample repeats a sealed one must be decided the same way in every server: it cannot be
// skipped because a connection was lost just then.
Result<std::vector<blocks::ChunkPagePtr>> State::load_pages(std::span<const blocks::PageId> ids,
                                                            const std::stop_token& stop) {
  if (applying_on_ == nullptr) {
    auto pages = lease_and_read(ids, stop);
    // The connection may have been lost while it was idle.
    if (pages.ok() || pages.error().kind != ErrorKind::Unavailable) return pages;
    return lease_and_read(ids, stop);
  }
  auto pages = read_pages(*applying_on_, address.schema, ids, {});
  while (!pages.ok() && pages.error().kind == ErrorKind::Unavailable) {
    std::this_thread::sleep_for(kRetryPause);
    auto other = Connection::open(pool->uri());
    if (other.ok()) pages = read_pages(**other, address.schema, ids, {});
  }
  return pages;
}

State::StoredMap State::stored() const {
  const std::lock_guard hold(mutex_);
  return stored_;
}

void State::announce(uint64_t seq, blocks::CommitQueue::Group group) {
  const std::lock_guard hold(mutex_);
  announced_[seq].assign(group.begin(), group.end());
}

void State::withdraw(uint64_t seq) {
  const std::lock_guard applying(apply_mutex_);
  const std::lock_guard hold(mutex_);
  announced_.erase(seq);
}

void State::restore(std::vector<blocks::StoredSeries> series) {
  uint32_t end = series_end();
  for (blocks::StoredSeries& one : series) {
    end = std::max(end, static_cast<uint32_t>(one.id) + 1);
    (void)index.restore(one.id, std::move(one.labels));
  }
  series_end_.store(end, std::memory_order_release);
}

// Whoever takes the head and then the layout sees every sample: chunks are listed before the head
// forgets what is in them, and pages read before they changed are not kept.
void State::publish_layout() {
  blocks::SealedWindows next;
  uint64_t chunks = 0;
  int64_t min_time = model::kTimeMax;
  int64_t max_time = model::kTimeMin;
  {
    const std::lock_guard hold(mutex_);
    for (const auto& [key, one] : stored_) {
      (one.days ? next.days : next.windows).push_back(one.window);
      chunks += one.chunks;
      min_time = std::min(min_time, one.min_time_ms);
      max_time = std::max(max_time, one.max_time_ms);
    }
  }
  chunk_rows = chunks;
  sealed_min_time_ms = min_time;
  sealed_max_time_ms = max_time;
  head.set_sealed_window_max(blocks::newest_window(next));
  head.raise_max_time(max_time);
  sealed_windows.set(std::move(next));
}

void State::apply(const Control& control) {
  const auto ripe = [&](const storage::HeadWindow& window) {
    return control.freeze_all || std::find(control.freeze.begin(), control.freeze.end(),
                                           window.window()) != control.freeze.end();
  };
  // Without a window to freeze, too: the head must not remember samples that are deleted.
  (void)head.freeze(ripe);
  {
    const std::lock_guard hold(mutex_);
    for (const Stored& one : control.put) stored_[{one.days, one.window}] = one;
    for (const Stored& one : control.gone) stored_.erase({one.days, one.window});
  }
  for (const Stored& one : control.put) cache.invalidate(table_of(one.days), one.window);
  if (!control.put.empty() || !control.gone.empty()) publish_layout();
  const auto windows = head.snapshot();
  for (const auto& [window, frozen_at] : control.sealed) {
    for (const auto& one : *windows) {
      if (one->window() == window && one->last_seq() == frozen_at) head.drop(one.get());
    }
  }
  if (control.forget.empty()) return;
  index.erase(control.forget);
  erasures_.fetch_add(1, std::memory_order_release);
}

Result<void> State::apply_row(uint64_t seq, std::string_view row) {
  LogRowSink sink;
  sink.series = [&](std::vector<blocks::StoredSeries> series) { restore(std::move(series)); };
  sink.metadata = [&](const std::vector<model::MetadataEntry>& list) { metadata.put(list); };
  sink.exemplar = [&](SeriesId id, model::Exemplar one) { exemplars.add(id, std::move(one)); };
  sink.control = [&](const Control& control) { apply(control); };
  sink.samples.sample = [&](SeriesId id, int64_t time, double value, int64_t start) {
    if (storable(time)) (void)head.add(id, time, value, start);
  };
  sink.samples.histogram = [&](SeriesId id, const model::HistogramSample& sample) {
    if (storable(sample.time_ms)) (void)head.add(id, sample);
  };
  head.begin_record(seq);
  const auto decoded = decode_log_row(row, sink);
  if (decoded.ok()) return {};
  return Error{decoded.error().kind, decoded.error().message + " (" + table("log") + ", seq " +
                                         std::to_string(seq) + ")"};
}

// With apply_mutex_ held. The announced group, if there is one.
bool State::apply_announced(uint64_t seq) {
  std::vector<blocks::Write*> group;
  {
    const std::lock_guard hold(mutex_);
    const auto found = announced_.find(seq);
    if (found == announced_.end()) return false;
    group = std::move(found->second);
    announced_.erase(found);
  }
  head.begin_record(seq);
  for (blocks::Write* write : group) {
    write->outcome = {};  // of an earlier try that was not known to have succeeded
    restore(std::exchange(static_cast<Request*>(write)->added, {}));
  }
  for (blocks::Write* write : group) blocks::Memory::apply(*write);
  return true;
}

Result<void> State::catch_up(Connection& connection, uint64_t seq) {
  if (seq == kAll) {
    TRY(const Rows state, connection.query("SELECT seq FROM " + table("state")));
    seq = static_cast<uint64_t>(state.integer(0, 0));
  }
  const auto asked = Clock::now().time_since_epoch().count();
  bool gap = false;
  {
    const std::lock_guard applying(apply_mutex_);
    const ApplyingOn on(connection);
    while (applied() < seq && !gap) TRY_VOID(fetch(connection, seq, gap));
  }
  if (gap && connection.in_transaction()) {
    return Error{ErrorKind::Unavailable, "this server is reading the log anew; try again"};
  }
  if (gap) {
    base::log(base::LogLevel::Warn, "the log went on without this server; it is read anew",
              {{"schema", address.schema}});
    TRY_VOID(load(connection));
  }
  fresh_ = asked;
  return {};
}

// Applies the next records; `gap`: they are gone already.
Result<void> State::fetch(Connection& connection, uint64_t seq, bool& gap) {
  TRY(const Rows rows, connection.query("SELECT seq, writer, data FROM " + table("log") +
                                            " WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT " +
                                            std::to_string(kRowsAtOnce),
                                        {Value::integer(static_cast<int64_t>(applied())),
                                         Value::integer(static_cast<int64_t>(seq))}));
  if (rows.count() == 0) gap = true;
  for (int r = 0; r < rows.count() && !gap; ++r) {
    const auto number = static_cast<uint64_t>(rows.integer(r, 0));
    if (number != applied() + 1) {
      gap = true;
      break;
    }
    const bool ours = rows.integer(r, 1) == writer && apply_announced(number);
    if (!ours) TRY_VOID(apply_row(number, rows.bytes(r, 2)));
    applied_.store(number, std::memory_order_release);
  }
  return {};
}

Result<void> State::try_apply(uint64_t seq) {
  TRY(const auto lease, pool->lease());
  const std::lock_guard applying(apply_mutex_);
  const ApplyingOn on(*lease);
  bool gap = false;
  while (applied() + 1 < seq && !gap) TRY_VOID(fetch(*lease, seq - 1, gap));
  if (gap) return Error{ErrorKind::Unavailable, "the log went on without this server"};
  if (applied() + 1 == seq && apply_announced(seq)) {
    applied_.store(seq, std::memory_order_release);
  }
  return {};
}

Result<void> State::apply_committed(uint64_t seq) {
  const auto until = Clock::now() + kApplyFor;
  auto done = try_apply(seq);
  while (!done.ok() && applied() < seq && Clock::now() < until) {
    std::this_thread::sleep_for(kRetryPause);
    done = try_apply(seq);
  }
  withdraw(seq);  // those who wait for it leave now
  return applied() >= seq ? Result<void>() : done;
}

}  // namespace gnomon::postgres
