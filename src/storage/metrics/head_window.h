#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/base/limits.h"
#include "src/model/sample.h"
#include "src/storage/arena.h"
#include "src/storage/series_index.h"
#include "src/storage/window.h"

namespace gnomon::storage {

// What became of a sample: kept, there already with the same bits, or refused because there is
// another one at its time.
enum class Added : uint8_t { Stored, Repeated, Conflict };

// The open samples of one window: per series a few raw ones, compressed when there are enough of
// them. One thread adds; any thread reads meanwhile, series by series.
class HeadWindow {
 public:
  HeadWindow(int64_t window, uint64_t first_seq);
  ~HeadWindow();
  HeadWindow(const HeadWindow&) = delete;
  HeadWindow& operator=(const HeadWindow&) = delete;

  int64_t window() const { return window_; }
  // The oldest log record with samples of this window.
  uint64_t first_seq() const { return first_seq_; }
  // Once no more samples come: the newest record that may have samples here.
  uint64_t last_seq() const { return last_seq_; }
  void close(uint64_t last_seq) { last_seq_ = last_seq; }

  // Samples of this series at or before `time` may be sealed already: kTimeMin for none. Asked and
  // set by the adding thread only; absent (false) until the series has samples here.
  bool knows(SeriesId id) const { return part(id) != nullptr; }
  int64_t sealed_until(SeriesId id) const;
  // The adding thread only. The sample's time lies in the window and is not among sealed ones.
  Added add(SeriesId id, int64_t time_ms, double value, int64_t start_ms, int64_t sealed_until);
  Added add(SeriesId id, const model::HistogramSample& sample, int64_t sealed_until);

  // Merges the samples with min <= time <= max into `block`. Any thread.
  Result<void> read(SeriesId id, int64_t min_time_ms, int64_t max_time_ms,
                    model::SampleBlock& block) const;
  // Any thread.
  bool has(SeriesId id) const { return part(id) != nullptr; }
  // One more than the largest id that has samples here.
  uint32_t series_end() const { return series_end_.load(std::memory_order_acquire); }
  size_t bytes() const { return arena_.bytes(); }
  uint64_t samples() const { return samples_.load(std::memory_order_relaxed); }
  int64_t min_time_ms() const { return min_time_.load(std::memory_order_relaxed); }
  int64_t max_time_ms() const { return max_time_.load(std::memory_order_relaxed); }

 private:
  struct Chunk;
  struct Late;
  struct Part;
  // Parts are found in a tree of three levels: windows may be many and hold a series each.
  static constexpr size_t kPageSeries = 256;
  static constexpr size_t kBranchSeries = 512 * kPageSeries;
  using Page = std::array<std::atomic<Part*>, kPageSeries>;
  using Branch = std::array<std::atomic<Page*>, kBranchSeries / kPageSeries>;
  using Root = std::array<std::atomic<Branch*>, base::kSeriesMax / kBranchSeries + 1>;

  Part* part(SeriesId id) const;
  Page& make_page(uint32_t number);
  Part& part_to_add_to(SeriesId id, int64_t sealed_until);
  void note(int64_t time_ms);
  void push_raw(Part& part, int64_t time_ms, double value);
  void compress(Part& part);
  void add_chunk(Part& part, const model::SampleBlock& block);
  Added add_late(Part& part, int64_t time_ms, double value, int64_t start_ms);
  Late& late(Part& part);
  void sort_in_late(Part& part);
  Result<void> read_all(const Part& part, model::SampleBlock& block) const;
  int64_t start_ms() const { return window_ * kWindowMs; }

  const int64_t window_;
  const uint64_t first_seq_;
  uint64_t last_seq_ = 0;
  Root root_ = {};
  Page* last_page_ = nullptr;      // of the adding thread: series mostly come in order
  uint32_t last_page_number_ = 0;  // of the adding thread
  std::atomic<uint32_t> series_end_ = 0;
  std::atomic<uint64_t> samples_ = 0;
  std::atomic<int64_t> min_time_ = model::kTimeMax;
  std::atomic<int64_t> max_time_ = model::kTimeMin;
  Arena arena_;
  std::vector<Part*> parts_with_late_;
  model::SampleBlock scratch_;  // of the adding thread
  std::string bytes_;           // of the adding thread
};

}  // namespace gnomon::storage
