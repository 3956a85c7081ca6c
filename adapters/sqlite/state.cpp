#include "adapters/sqlite/state.h"

#include <algorithm>
#include <iterator>

#include "src/base/limits.h"
#include "src/storage/chunk_list.h"

namespace gnomon::sqlite {
namespace {

using model::WriteBatch;
using model::WriteOutcome;
using storage::Added;

void refuse(WriteOutcome& outcome, const WriteBatch& batch, const WriteBatch::Row& row,
            WriteOutcome::Reason reason, int64_t time_ms) {
  ++outcome.refused[static_cast<size_t>(reason)];
  if (outcome.refusals.size() >= base::kRefusalsNamedMax) return;
  outcome.refusals.push_back({reason, to_metric_string(batch.labels(row)), time_ms});
}

}  // namespace

SqliteStore::State::State(std::string path_in, const storage::StoreOptions& options_in,
                          FileLock lock_in, Connection connection)
    : path(std::move(path_in)),
      options(options_in),
      lock(std::move(lock_in)),
      cache(path, options.chunk_cache_bytes),
      head([this](storage::SeriesId id, int64_t window, model::SampleBlock& block) {
        read_sealed(id, window, block);
      }),
      writer(std::move(connection), index,
             {[this](Connection& c, const Write& write) { return store_extras(c, write); },
              [this](Write& write) { apply(write); }}) {}

Result<void> SqliteStore::State::store_extras(Connection& connection, const Write& write) {
  TRY_VOID(metadata.store(connection, write));
  return exemplars.store(connection, write);
}

void SqliteStore::State::read_sealed(storage::SeriesId id, int64_t window,
                                     model::SampleBlock& block) {
  const LayoutPtr current = layout.get();
  const auto read = [&](const sql::ChunkTable& table, const std::vector<int64_t>& windows,
                        int64_t number) {
    if (!std::binary_search(windows.begin(), windows.end(), number)) return;
    const auto page = cache.page(table, number, static_cast<uint32_t>(id));
    if (!page.ok()) return;
    const int64_t start = window * storage::kWindowMs;
    // What cannot be read cannot refuse a sample; reading it for a query reports the damage.
    (void)storage::decode_chunks((*page)->chunks(static_cast<uint32_t>(id)), start,
                                 start + storage::kWindowMs - 1, block)
        .ok();
  };
  read(sql::kDayChunks, current->days,
       storage::window_of(window * storage::kWindowMs, storage::kDayMs));
  read(sql::kWindowChunks, current->windows, window);
}

void SqliteStore::State::apply(Write& write) {
  const WriteBatch& batch = *write.batch;
  WriteOutcome& outcome = write.outcome;
  using Reason = WriteOutcome::Reason;
  head.begin_record(write.seq);
  note_log(write.seq, write.record.size());
  metadata.apply(write);
  outcome.exemplars_stored = exemplars.apply(write);
  for (size_t r = 0; r < batch.rows.size(); ++r) {
    const WriteBatch::Row& row = batch.rows[r];
    const storage::SeriesId id = write.ids[r];
    const auto outside = [&](int64_t time) {
      if (time >= storage::kStoreTimeMin && time <= storage::kStoreTimeMax) return false;
      refuse(outcome, batch, row, time > 0 ? Reason::TooFarInFuture : Reason::TooOld, time);
      return true;
    };
    for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
      const model::Sample& sample = batch.samples[i];
      if (outside(sample.time_ms)) continue;
      if (head.add(id, sample.time_ms, sample.value, batch.start_ms(i)) == Added::Conflict) {
        refuse(outcome, batch, row, Reason::DuplicateValue, sample.time_ms);
      } else {
        ++outcome.samples_stored;
      }
    }
    for (uint32_t i = row.histogram_begin; i < row.histogram_end; ++i) {
      const model::HistogramSample& sample = batch.histograms[i];
      if (outside(sample.time_ms)) continue;
      if (head.add(id, sample) == Added::Conflict) {
        refuse(outcome, batch, row, Reason::DuplicateValue, sample.time_ms);
      } else {
        ++outcome.histograms_stored;
      }
    }
  }
}

void SqliteStore::State::note_log(uint64_t seq, uint64_t bytes) {
  const std::lock_guard hold(log_mutex_);
  log_sizes_.emplace_back(seq, bytes);
  log_bytes += bytes;
}

void SqliteStore::State::forget_log(uint64_t needed_seq) {
  const std::lock_guard hold(log_mutex_);
  while (!log_sizes_.empty() && log_sizes_.front().first < needed_seq) {
    log_bytes -= log_sizes_.front().second;
    log_sizes_.pop_front();
  }
}

void SqliteStore::State::note_sealed_times(int64_t min_time_ms, int64_t max_time_ms) {
  sealed_min_time_ms = std::min(sealed_min_time_ms.load(), min_time_ms);
  sealed_max_time_ms = std::max(sealed_max_time_ms.load(), max_time_ms);
}

}  // namespace gnomon::sqlite
