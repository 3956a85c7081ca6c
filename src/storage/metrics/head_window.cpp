#include "src/storage/metrics/head_window.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "src/storage/metrics/chunk.h"
#include "src/storage/metrics/chunk_list.h"
#include "src/storage/metrics/merge.h"

namespace gnomon::storage {
namespace {

using model::HistogramSample;
using model::SampleBlock;

// A raw sample: milliseconds since the start of the window, and the value. They lie in blocks that
// a series gets one by one and keeps for the window.
constexpr size_t kRawBytes = 12;
constexpr size_t kBlockSamples = 16;
constexpr size_t kBlocks = 5;
constexpr size_t kRawSamples = kBlocks * kBlockSamples;
static_assert(kRawSamples <= base::kHeadSamplesRaw);

class SpinLock {
 public:
  void lock() {
    while (held_.exchange(true, std::memory_order_acquire)) {
      while (held_.load(std::memory_order_relaxed)) std::this_thread::yield();
    }
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_ = false;
};

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

// Calls take(time, value) for the first `count` raw samples of a window that starts at start_ms.
template <typename Blocks, typename Take>
void each_raw(const Blocks& blocks, size_t count, int64_t start_ms, Take take) {
  for (size_t i = 0; i < count; ++i) {
    const char* at = &blocks[i / kBlockSamples][i % kBlockSamples * kRawBytes];
    uint32_t offset;
    double value;
    std::memcpy(&offset, at, sizeof(offset));
    std::memcpy(&value, at + sizeof(offset), sizeof(value));
    take(start_ms + offset, value);
  }
}

}  // namespace

// Compressed samples, newest first; never changes once it is linked.
struct HeadWindow::Chunk {
  const Chunk* older;
  int64_t min_time;
  int64_t max_time;
  size_t size;
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
};

// What few series have: samples that came out of order or with a start timestamp, and histograms.
// Both ascend.
struct HeadWindow::Late {
  SampleBlock samples;
};

struct HeadWindow::Part {
  mutable SpinLock lock;                // guards what follows
  uint8_t count = 0;                    // raw samples
  int64_t last_time = model::kTimeMin;  // of chunks and raw samples
  const Chunk* chunks = nullptr;
  std::array<char*, kBlocks> raw = {};
  Late* late = nullptr;
  int64_t sealed_until = model::kTimeMin;  // the adding thread's alone
};

HeadWindow::HeadWindow(int64_t window, uint64_t first_seq)
    : window_(window), first_seq_(first_seq) {}

HeadWindow::~HeadWindow() {
  for (Part* part : parts_with_late_) delete part->late;
}

HeadWindow::Part* HeadWindow::part(SeriesId id) const {
  const auto number = static_cast<uint32_t>(id);
  if (number >= base::kSeriesMax) return nullptr;
  const Branch* branch = root_[number / kBranchSeries].load(std::memory_order_acquire);
  if (branch == nullptr) return nullptr;
  const Page* page =
      (*branch)[number % kBranchSeries / kPageSeries].load(std::memory_order_acquire);
  if (page == nullptr) return nullptr;
  return (*page)[number % kPageSeries].load(std::memory_order_acquire);
}

HeadWindow::Page& HeadWindow::make_page(uint32_t number) {
  const auto descend = [this]<typename Node>(std::atomic<Node*>& place) -> Node& {
    Node* node = place.load(std::memory_order_relaxed);
    if (node == nullptr) {
      node = new (arena_.allocate(sizeof(Node))) Node();
      place.store(node, std::memory_order_release);
    }
    return *node;
  };
  Branch& branch = descend(root_[number / kBranchSeries]);
  return descend(branch[number % kBranchSeries / kPageSeries]);
}

HeadWindow::Part& HeadWindow::part_to_add_to(SeriesId id, int64_t sealed_until) {
  const auto number = static_cast<uint32_t>(id);
  if (last_page_ == nullptr || number / kPageSeries != last_page_number_) {
    last_page_ = &make_page(number);
    last_page_number_ = number / kPageSeries;
  }
  std::atomic<Part*>& place = (*last_page_)[number % kPageSeries];
  if (Part* part = place.load(std::memory_order_relaxed)) return *part;
  Part* part = new (arena_.allocate(sizeof(Part))) Part();
  part->sealed_until = sealed_until;
  place.store(part, std::memory_order_release);
  if (number >= series_end_.load(std::memory_order_relaxed)) {
    series_end_.store(number + 1, std::memory_order_release);
  }
  return *part;
}

int64_t HeadWindow::sealed_until(SeriesId id) const { return part(id)->sealed_until; }

void HeadWindow::note(int64_t time_ms) {
  samples_.store(samples_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (time_ms > max_time_.load(std::memory_order_relaxed)) {
    max_time_.store(time_ms, std::memory_order_relaxed);
  }
  if (time_ms < min_time_.load(std::memory_order_relaxed)) {
    min_time_.store(time_ms, std::memory_order_relaxed);
  }
}

Added HeadWindow::add(SeriesId id, int64_t time_ms, double value, int64_t start_ms,
                      int64_t sealed_until) {
  Part* const part = &part_to_add_to(id, sealed_until);
  const std::lock_guard hold(part->lock);
  if (time_ms <= part->last_time || part->late != nullptr || start_ms != 0) {
    const Added added = add_late(*part, time_ms, value, start_ms);
    if (added == Added::Stored) note(time_ms);
    return added;
  }
  push_raw(*part, time_ms, value);
  note(time_ms);
  return Added::Stored;
}

void HeadWindow::push_raw(Part& part, int64_t time_ms, double value) {
  if (part.count == kRawSamples) compress(part);
  char*& block = part.raw[part.count / kBlockSamples];
  if (block == nullptr) block = arena_.allocate(kBlockSamples * kRawBytes);
  char* at = block + part.count % kBlockSamples * kRawBytes;
  const auto offset = static_cast<uint32_t>(time_ms - start_ms());
  std::memcpy(at, &offset, sizeof(offset));
  std::memcpy(at + sizeof(offset), &value, sizeof(value));
  ++part.count;
  part.last_time = time_ms;
}

void HeadWindow::compress(Part& part) {
  scratch_.clear();
  each_raw(part.raw, part.count, start_ms(), [&](int64_t time, double value) {
    scratch_.times.push_back(time);
    scratch_.values.push_back(value);
  });
  add_chunk(part, scratch_);
  part.count = 0;
}

void HeadWindow::add_chunk(Part& part, const SampleBlock& block) {
  bytes_.clear();
  encode_chunk(block, bytes_);
  char* place = arena_.allocate(sizeof(Chunk) + bytes_.size());
  std::memcpy(place + sizeof(Chunk), bytes_.data(), bytes_.size());
  part.chunks =
      new (place) Chunk{part.chunks, first_time(block), storage::last_time(block), bytes_.size()};
}

HeadWindow::Late& HeadWindow::late(Part& part) {
  if (part.late == nullptr) {
    part.late = new Late();
    parts_with_late_.push_back(&part);
  }
  return *part.late;
}

// The way of the few: whatever is there may hold this time.
Added HeadWindow::add_late(Part& part, int64_t time_ms, double value, int64_t start_ms) {
  const bool appends =
      time_ms > part.last_time && (part.late == nullptr || part.late->samples.empty() ||
                                   time_ms > storage::last_time(part.late->samples));
  if (appends && start_ms == 0) {
    push_raw(part, time_ms, value);
    return Added::Stored;
  }
  if (!appends) {
    SampleBlock there;
    if (!read_all(part, there).ok()) return Added::Conflict;
    const auto at = std::lower_bound(there.times.begin(), there.times.end(), time_ms);
    if (at != there.times.end() && *at == time_ms) {
      const size_t i = static_cast<size_t>(at - there.times.begin());
      return same_bits(there.values[i], value) ? Added::Repeated : Added::Conflict;
    }
    for (const HistogramSample& histogram : there.histograms) {
      if (histogram.time_ms == time_ms) return Added::Conflict;
    }
  }
  SampleBlock& samples = late(part).samples;
  const auto place = std::lower_bound(samples.times.begin(), samples.times.end(), time_ms);
  const auto i = place - samples.times.begin();
  if (start_ms != 0) samples.starts.resize(samples.times.size());
  if (start_ms != 0 || !samples.starts.empty()) {
    samples.starts.insert(samples.starts.begin() + i, start_ms);
  }
  samples.times.insert(place, time_ms);
  samples.values.insert(samples.values.begin() + i, value);
  if (samples.size() > base::kHeadSamplesLateMax) sort_in_late(part);
  return Added::Stored;
}

Added HeadWindow::add(SeriesId id, const HistogramSample& sample, int64_t sealed_until) {
  Part* const part = &part_to_add_to(id, sealed_until);
  const std::lock_guard hold(part->lock);
  const int64_t time = sample.time_ms;
  SampleBlock& samples = late(*part).samples;
  const bool appends =
      time > part->last_time && (samples.empty() || time > storage::last_time(samples));
  if (!appends) {
    SampleBlock there;
    if (!read_all(*part, there).ok()) return Added::Conflict;
    if (std::binary_search(there.times.begin(), there.times.end(), time)) return Added::Conflict;
    for (const HistogramSample& other : there.histograms) {
      if (other.time_ms != time) continue;
      const bool same = identical(*other.histogram, *sample.histogram);
      return same ? Added::Repeated : Added::Conflict;
    }
  }
  const auto place =
      std::lower_bound(samples.histograms.begin(), samples.histograms.end(), time,
                       [](const HistogramSample& other, int64_t t) { return other.time_ms < t; });
  samples.histograms.insert(place, sample);
  note(time);
  if (samples.size() > base::kHeadSamplesLateMax) sort_in_late(*part);
  return Added::Stored;
}

// Everything becomes one run of chunks again. Unless all of them are newer than the rest, as
// histograms mostly are, that costs a decode of the window, once per kHeadSamplesLateMax.
void HeadWindow::sort_in_late(Part& part) {
  SampleBlock all;
  if (first_time(part.late->samples) > part.last_time) {
    if (part.count > 0) compress(part);
    std::swap(all, part.late->samples);
  } else {
    if (!read_all(part, all).ok()) return;
    part.late->samples.clear();
    part.chunks = nullptr;
    part.count = 0;
  }
  part.last_time = storage::last_time(all);
  split_into_chunks(all, [&](const SampleBlock& chunk) { add_chunk(part, chunk); });
}

Result<void> HeadWindow::read_all(const Part& part, SampleBlock& block) const {
  std::vector<const Chunk*> chunks;
  for (const Chunk* chunk = part.chunks; chunk != nullptr; chunk = chunk->older) {
    chunks.push_back(chunk);
  }
  for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk) {
    TRY_VOID(
        decode_chunk({(*chunk)->data(), (*chunk)->size}, model::kTimeMin, model::kTimeMax, block));
  }
  each_raw(part.raw, part.count, start_ms(), [&](int64_t time, double value) {
    block.times.push_back(time);
    block.values.push_back(value);
  });
  if (!block.starts.empty()) block.starts.resize(block.times.size());
  if (part.late != nullptr) merge_samples(block, part.late->samples);
  return {};
}

Result<void> HeadWindow::read(SeriesId id, int64_t min_time_ms, int64_t max_time_ms,
                              SampleBlock& block) const {
  const Part* part = this->part(id);
  if (part == nullptr) return {};
  thread_local std::vector<const Chunk*> chunks;
  chunks.clear();
  char raw[kBlocks][kBlockSamples * kRawBytes];
  size_t count;
  SampleBlock late;
  {
    const std::lock_guard hold(part->lock);
    for (const Chunk* chunk = part->chunks; chunk != nullptr; chunk = chunk->older) {
      if (chunk->max_time < min_time_ms) break;
      if (chunk->min_time <= max_time_ms) chunks.push_back(chunk);
    }
    count = part->count;
    for (size_t i = 0; i * kBlockSamples < count; ++i) {
      std::memcpy(raw[i], part->raw[i], sizeof(raw[i]));
    }
    if (part->late != nullptr) late = part->late->samples;
  }
  // The block is only appended to, unless it holds samples of this window already.
  SampleBlock apart;
  const bool append = block.empty() || storage::last_time(block) < start_ms();
  SampleBlock& out = append ? block : apart;
  for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk) {
    TRY_VOID(decode_chunk({(*chunk)->data(), (*chunk)->size}, min_time_ms, max_time_ms, out));
  }
  each_raw(raw, count, start_ms(), [&](int64_t time, double value) {
    if (time < min_time_ms || time > max_time_ms) return;
    out.times.push_back(time);
    out.values.push_back(value);
  });
  if (!out.starts.empty()) out.starts.resize(out.times.size());
  if (!late.empty()) {
    filter_samples(late, [&](int64_t t) { return t >= min_time_ms && t <= max_time_ms; });
    merge_samples(out, late);
  }
  if (!append) merge_samples(block, apart);
  return {};
}

}  // namespace gnomon::storage
