#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "src/model/histogram.h"

namespace gnomon::model {

// Milliseconds since the epoch throughout.
inline constexpr int64_t kTimeMin = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();

// Prometheus' stale marker: a signalling NaN that arithmetic never yields.
inline constexpr uint64_t kStaleBits = 0x7ff0000000000002ull;
inline constexpr uint64_t kNormalNaNBits = 0x7ff8000000000001ull;
inline const double kStale = std::bit_cast<double>(kStaleBits);
inline const double kNaN = std::bit_cast<double>(kNormalNaNBits);
inline bool is_stale(double v) { return std::bit_cast<uint64_t>(v) == kStaleBits; }

struct Sample {
  int64_t time_ms = 0;
  double value = 0;
};

struct HistogramSample {
  int64_t time_ms = 0;
  HistogramPtr histogram;  // never null; stale when its sum is the stale marker
  int64_t start_ms = 0;    // start timestamp, 0: none
};

// The samples of one series, oldest first, one per time. Floats and histograms apart, as in
// Prometheus; no time occurs in both. Stale markers are kept (a float value with kStaleBits).
struct SampleBlock {
  std::vector<int64_t> times;
  std::vector<double> values;               // as long as times
  std::vector<int64_t> starts;              // start timestamps: empty, or as long as times
  std::vector<HistogramSample> histograms;  // almost always empty

  void clear() {
    times.clear();
    values.clear();
    starts.clear();
    histograms.clear();
  }
  bool empty() const { return times.empty() && histograms.empty(); }
  size_t size() const { return times.size() + histograms.size(); }
};

}  // namespace gnomon::model
