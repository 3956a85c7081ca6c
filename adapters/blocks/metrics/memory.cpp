#include "adapters/blocks/metrics/memory.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/refusal.h"

namespace gnomon::blocks {
namespace {

using model::WriteBatch;
using model::WriteOutcome;
using storage::Added;
using Reason = WriteOutcome::Reason;

}  // namespace

Memory::Memory(ChunkCache::Loader load, ChunkCache::Options cache_options)
    : cache(std::move(load), cache_options),
      head([this](storage::SeriesId id, int64_t window, model::SampleBlock& block) {
        read_sealed(id, window, block);
      }) {}

void Memory::read_sealed(storage::SeriesId id, int64_t window, model::SampleBlock& block) {
  const SealedWindowsPtr current = sealed_windows.get();
  const auto read = [&](const ChunkTable& table, const std::vector<int64_t>& windows,
                        int64_t number) {
    if (!std::binary_search(windows.begin(), windows.end(), number)) return;
    const auto page = cache.page(table, number, static_cast<uint32_t>(id), {});
    if (!page.ok()) return;
    const int64_t start = window * storage::kWindowMs;
    // What cannot be read cannot refuse a sample; reading it for a query reports the damage.
    (void)storage::decode_chunks((*page)->chunks(static_cast<uint32_t>(id)), start,
                                 start + storage::kWindowMs - 1, block)
        .ok();
  };
  read(kDayChunks, current->days, storage::window_of(window * storage::kWindowMs, storage::kDayMs));
  read(kWindowChunks, current->windows, window);
}

std::vector<storage::SeriesId> Memory::ids(const std::vector<model::Matchers>& sets) const {
  std::vector<storage::SeriesId> ids;
  for (const model::Matchers& set : sets) {
    const auto list = index.match(set);
    ids.insert(ids.end(), list->ids.begin(), list->ids.end());
  }
  if (sets.empty()) ids = index.match({})->ids;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

void Memory::apply(Write& write) {
  const WriteBatch& batch = *write.batch;
  WriteOutcome& outcome = write.outcome;
  metadata.put(batch.metadata);
  outcome.exemplars_stored = exemplars.add(batch, write.ids);
  for (size_t r = 0; r < batch.rows.size(); ++r) {
    const WriteBatch::Row& row = batch.rows[r];
    for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
      const model::Sample& sample = batch.samples[i];
      if (storage::refuse_outside(outcome, batch, row, sample.time_ms)) continue;
      const Added added = head.add(write.ids[r], sample.time_ms, sample.value, batch.start_ms(i));
      if (added == Added::Conflict) {
        storage::refuse(outcome, batch, row, Reason::DuplicateValue, sample.time_ms);
      } else {
        ++outcome.samples_stored;
      }
    }
  }
  if (batch.histograms.empty()) return;
  for (size_t r = 0; r < batch.rows.size(); ++r) {
    const WriteBatch::Row& row = batch.rows[r];
    for (uint32_t i = row.histogram_begin; i < row.histogram_end; ++i) {
      const model::HistogramSample& sample = batch.histograms[i];
      if (storage::refuse_outside(outcome, batch, row, sample.time_ms)) continue;
      if (head.add(write.ids[r], sample) == Added::Conflict) {
        storage::refuse(outcome, batch, row, Reason::DuplicateValue, sample.time_ms);
      } else {
        ++outcome.histograms_stored;
      }
    }
  }
}

void Memory::note_sealed_times(int64_t min_time_ms, int64_t max_time_ms) {
  sealed_min_time_ms = std::min(sealed_min_time_ms.load(), min_time_ms);
  sealed_max_time_ms = std::max(sealed_max_time_ms.load(), max_time_ms);
}

int64_t newest_time_ms(const storage::Head& head) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return std::clamp(head.max_time_ms(), storage::kStoreTimeMin, now_ms);
}

}  // namespace gnomon::blocks
