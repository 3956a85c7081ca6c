#include "src/storage/metrics/head.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "src/storage/metrics/merge.h"

namespace gnomon::storage {

Head::Head(Sealed sealed)
    : sealed_(std::move(sealed)), sealed_window_max_(std::numeric_limits<int64_t>::min()) {}

void Head::set_sealed_window_max(int64_t window) {
  sealed_window_max_ = std::max(sealed_window_max_, window);
}

void Head::begin_record(uint64_t seq) { seq_ = seq; }

void Head::raise_max_time(int64_t time_ms) {
  if (time_ms > max_time_.load(std::memory_order_relaxed)) {
    max_time_.store(time_ms, std::memory_order_relaxed);
  }
}

HeadWindow& Head::open_window(int64_t window) {
  if (last_ != nullptr && last_->window() == window) return *last_;
  std::shared_ptr<HeadWindow>& open = open_[window];
  if (open == nullptr) {
    open = std::make_shared<HeadWindow>(window, seq_);
    const std::lock_guard hold(mutex_);
    windows_.emplace(window, open);
    snapshot_ = nullptr;
  }
  last_ = open.get();
  return *open;
}

void Head::load_sealed(SeriesId id, int64_t window) {
  if (id == loaded_id_ && window == loaded_window_) return;
  loaded_.clear();
  loaded_id_ = id;
  loaded_window_ = window;
  const HeadWindows frozen = this->frozen(window);  // before the chunks, see the class
  sealed_(id, window, loaded_);
  for (const auto& one : frozen) {
    // Nothing is refused on account of samples that cannot be read.
    (void)one->read(id, model::kTimeMin, model::kTimeMax, loaded_).ok();
  }
}

HeadWindows Head::frozen(int64_t window) const {
  const auto open = open_.find(window);
  HeadWindows found;
  const std::lock_guard hold(mutex_);
  const auto [begin, end] = windows_.equal_range(window);
  for (auto at = begin; at != end; ++at) {
    if (open == open_.end() || at->second != open->second) found.push_back(at->second);
  }
  return found;
}

int64_t Head::sealed_until(SeriesId id, int64_t window) {
  if (window > sealed_window_max_) return model::kTimeMin;
  load_sealed(id, window);
  return loaded_.empty() ? model::kTimeMin : last_time(loaded_);
}

Added Head::add(SeriesId id, int64_t time_ms, double value, int64_t start_ms) {
  HeadWindow& window = open_window(window_of(time_ms));
  int64_t sealed = model::kTimeMin;
  if (window.window() <= sealed_window_max_) {
    sealed = window.knows(id) ? window.sealed_until(id) : sealed_until(id, window.window());
    if (time_ms <= sealed) {
      load_sealed(id, window.window());
      const auto at = std::lower_bound(loaded_.times.begin(), loaded_.times.end(), time_ms);
      if (at != loaded_.times.end() && *at == time_ms) {
        const double other = loaded_.values[static_cast<size_t>(at - loaded_.times.begin())];
        const bool same = std::bit_cast<uint64_t>(other) == std::bit_cast<uint64_t>(value);
        return same ? Added::Repeated : Added::Conflict;
      }
      for (const model::HistogramSample& histogram : loaded_.histograms) {
        if (histogram.time_ms == time_ms) return Added::Conflict;
      }
    }
  }
  raise_max_time(time_ms);
  return window.add(id, time_ms, value, start_ms, sealed);
}

Added Head::add(SeriesId id, const model::HistogramSample& sample) {
  HeadWindow& window = open_window(window_of(sample.time_ms));
  int64_t sealed = model::kTimeMin;
  if (window.window() <= sealed_window_max_) {
    sealed = window.knows(id) ? window.sealed_until(id) : sealed_until(id, window.window());
    if (sample.time_ms <= sealed) {
      load_sealed(id, window.window());
      if (std::binary_search(loaded_.times.begin(), loaded_.times.end(), sample.time_ms)) {
        return Added::Conflict;
      }
      for (const model::HistogramSample& other : loaded_.histograms) {
        if (other.time_ms != sample.time_ms) continue;
        return identical(*other.histogram, *sample.histogram) ? Added::Repeated : Added::Conflict;
      }
    }
  }
  raise_max_time(sample.time_ms);
  return window.add(id, sample, sealed);
}

std::shared_ptr<const HeadWindows> Head::snapshot() const {
  const std::lock_guard hold(mutex_);
  if (snapshot_ == nullptr) {
    auto windows = std::make_shared<HeadWindows>();
    windows->reserve(windows_.size());
    for (const auto& [number, window] : windows_) windows->push_back(window);
    snapshot_ = std::move(windows);
  }
  return snapshot_;
}

HeadWindows Head::freeze(const std::function<bool(const HeadWindow&)>& ripe) {
  last_ = nullptr;
  loaded_window_ = model::kTimeMin;
  const std::lock_guard hold(mutex_);
  for (auto open = open_.begin(); open != open_.end();) {
    if (!ripe(*open->second)) {
      ++open;
      continue;
    }
    set_sealed_window_max(open->first);
    open->second->close(seq_);
    frozen_.push_back(std::move(open->second));
    open = open_.erase(open);
  }
  return frozen_;
}

void Head::drop(const HeadWindow* window) {
  const std::lock_guard hold(mutex_);
  if (std::erase_if(windows_, [&](const auto& other) { return other.second.get() == window; }) >
      0) {
    snapshot_ = nullptr;
  }
  std::erase_if(frozen_, [&](const auto& other) { return other.get() == window; });
}

uint64_t Head::needed_seq(const HeadWindow* without) const {
  const std::lock_guard hold(mutex_);
  uint64_t needed = std::numeric_limits<uint64_t>::max();
  for (const auto& [number, window] : windows_) {
    if (window.get() != without) needed = std::min(needed, window->first_seq());
  }
  return needed;
}

}  // namespace gnomon::storage
