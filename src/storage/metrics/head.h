#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "src/storage/metrics/head_window.h"

namespace gnomon::storage {

using HeadWindows = std::vector<std::shared_ptr<const HeadWindow>>;  // by window, older ones first

// The samples that are not sealed yet, by window. One thread at a time adds, freezes and begins
// records (a lock of the caller's); any thread takes snapshots and drops.
//
// A window's life: open (samples are added) -> frozen (being sealed; late samples open a second
// one) -> dropped (its samples are read from chunks). A reader takes the snapshot first and
// looks at the sealed chunks after that: then no sample is missed, and what is seen twice is equal.
class Head {
 public:
  // Merges what is sealed of a series in a window into the block. Called by the adding thread when
  // a sample may repeat a sealed one.
  using Sealed = std::function<void(SeriesId, int64_t window, model::SampleBlock&)>;
  explicit Head(Sealed sealed);

  // Windows up to this one may have sealed samples.
  void set_sealed_window_max(int64_t window);
  // What follows belongs to log record `seq`; they ascend.
  void begin_record(uint64_t seq);
  Added add(SeriesId id, int64_t time_ms, double value, int64_t start_ms = 0);
  Added add(SeriesId id, const model::HistogramSample& sample);
  // The last record of begin_record().
  uint64_t seq() const { return seq_; }

  // Frozen and open windows. Any thread.
  std::shared_ptr<const HeadWindows> snapshot() const;

  // Closes the open windows for which ripe(window) holds and returns all frozen ones, oldest first.
  HeadWindows freeze(const std::function<bool(const HeadWindow&)>& ripe);
  // Any thread.
  void drop(const HeadWindow* window);
  // Log records below this are not needed by any window but `without`.
  uint64_t needed_seq(const HeadWindow* without) const;
  // Any thread. kTimeMin when nothing was ever added.
  int64_t max_time_ms() const { return max_time_.load(std::memory_order_relaxed); }
  void raise_max_time(int64_t time_ms);

 private:
  HeadWindow& open_window(int64_t window);
  // For a series that is new in an open window.
  int64_t sealed_until(SeriesId id, int64_t window);
  void load_sealed(SeriesId id, int64_t window);
  HeadWindows frozen(int64_t window) const;

  Sealed sealed_;
  int64_t sealed_window_max_;
  uint64_t seq_ = 0;
  std::map<int64_t, std::shared_ptr<HeadWindow>> open_;
  HeadWindow* last_ = nullptr;
  std::atomic<int64_t> max_time_ = model::kTimeMin;
  // What load_sealed() found last.
  SeriesId loaded_id_{0};
  int64_t loaded_window_ = model::kTimeMin;
  model::SampleBlock loaded_;

  mutable std::mutex mutex_;  // guards what follows
  std::multimap<int64_t, std::shared_ptr<const HeadWindow>> windows_;
  mutable std::shared_ptr<const HeadWindows> snapshot_;  // of windows_; null: none since a change
  HeadWindows frozen_;
};

}  // namespace gnomon::storage
