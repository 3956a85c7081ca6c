#include "src/storage/metrics/merge.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace gnomon::storage {
namespace {

using model::HistogramSample;
using model::SampleBlock;

void append_block(SampleBlock& into, const SampleBlock& other) {
  if (!into.starts.empty() || !other.starts.empty()) {
    into.starts.resize(into.times.size());
    into.starts.insert(into.starts.end(), other.starts.begin(), other.starts.end());
    into.starts.resize(into.times.size() + other.times.size());
  }
  into.times.insert(into.times.end(), other.times.begin(), other.times.end());
  into.values.insert(into.values.end(), other.values.begin(), other.values.end());
  into.histograms.insert(into.histograms.end(), other.histograms.begin(), other.histograms.end());
}

// Reads the samples of a block by time, floats and histograms alike.
class Reader {
 public:
  explicit Reader(const SampleBlock& block) : block_(block) {}
  bool done() const {
    return sample_ == block_.times.size() && histogram_ == block_.histograms.size();
  }
  int64_t time() const {
    return float_next() ? block_.times[sample_] : block_.histograms[histogram_].time_ms;
  }
  void skip() { ++(float_next() ? sample_ : histogram_); }
  void move_to(SampleBlock& out, bool starts) {
    if (float_next()) {
      out.times.push_back(block_.times[sample_]);
      out.values.push_back(block_.values[sample_]);
      if (starts) out.starts.push_back(block_.starts.empty() ? 0 : block_.starts[sample_]);
    } else {
      out.histograms.push_back(block_.histograms[histogram_]);
    }
    skip();
  }

 private:
  bool float_next() const {
    if (histogram_ == block_.histograms.size()) return true;
    return sample_ < block_.times.size() &&
           block_.times[sample_] < block_.histograms[histogram_].time_ms;
  }
  const SampleBlock& block_;
  size_t sample_ = 0;
  size_t histogram_ = 0;
};

}  // namespace

int64_t first_time(const SampleBlock& block) {
  const int64_t sample = block.times.empty() ? model::kTimeMax : block.times.front();
  return block.histograms.empty() ? sample : std::min(sample, block.histograms.front().time_ms);
}

int64_t last_time(const SampleBlock& block) {
  const int64_t sample = block.times.empty() ? model::kTimeMin : block.times.back();
  return block.histograms.empty() ? sample : std::max(sample, block.histograms.back().time_ms);
}

void merge_samples(SampleBlock& into, const SampleBlock& other) {
  if (other.empty()) return;
  if (into.empty() || last_time(into) < first_time(other)) return append_block(into, other);
  const bool starts = !into.starts.empty() || !other.starts.empty();
  SampleBlock merged;
  merged.times.reserve(into.times.size() + other.times.size());
  merged.values.reserve(into.times.size() + other.times.size());
  Reader a(into);
  Reader b(other);
  while (!a.done() || !b.done()) {
    if (b.done() || (!a.done() && a.time() <= b.time())) {
      if (!b.done() && a.time() == b.time()) b.skip();
      a.move_to(merged, starts);
    } else {
      b.move_to(merged, starts);
    }
  }
  into = std::move(merged);
}

}  // namespace gnomon::storage
