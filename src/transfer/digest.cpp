#include "src/transfer/digest.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <string>

namespace gnomon::transfer {
namespace {

template <typename T>
uint64_t hash_of(const std::vector<T>& numbers, uint64_t seed) {
  return XXH3_64bits_withSeed(numbers.data(), numbers.size() * sizeof(T), seed);
}

// The fields of a histogram as bytes, each list with its length.
class Bytes {
 public:
  void number(uint64_t value) { out_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void number(double value) { number(std::bit_cast<uint64_t>(value)); }
  void spans(const std::vector<model::BucketSpan>& spans) {
    number(uint64_t{spans.size()});
    for (const model::BucketSpan& span : spans) {
      number(static_cast<uint64_t>(static_cast<int64_t>(span.offset)));
      number(uint64_t{span.length});
    }
  }
  void numbers(const std::vector<double>& values) {
    number(uint64_t{values.size()});
    for (const double value : values) number(value);
  }
  uint64_t hash(uint64_t seed) const {
    return XXH3_64bits_withSeed(out_.data(), out_.size(), seed);
  }

 private:
  std::string out_;
};

uint64_t hash_of(const model::HistogramSample& sample, uint64_t seed) {
  const model::Histogram& h = *sample.histogram;
  Bytes bytes;
  bytes.number(static_cast<uint64_t>(sample.time_ms));
  bytes.number(static_cast<uint64_t>(sample.start_ms));
  bytes.number(static_cast<uint64_t>(h.hint));
  bytes.number(uint64_t{h.integer});
  bytes.number(static_cast<uint64_t>(static_cast<int64_t>(h.schema)));
  for (const double value : {h.zero_threshold, h.zero_count, h.count, h.sum}) bytes.number(value);
  bytes.spans(h.positive_spans);
  bytes.spans(h.negative_spans);
  bytes.numbers(h.positive_buckets);
  bytes.numbers(h.negative_buckets);
  bytes.numbers(h.custom_values);
  return bytes.hash(seed);
}

}  // namespace

Digest digest(const model::SampleBlock& block) {
  uint64_t checksum = hash_of(block.values, hash_of(block.times, block.times.size()));
  // A block may have no start timestamps or nothing but zeros: that is the same.
  const bool has_starts = std::any_of(block.starts.begin(), block.starts.end(),
                                      [](int64_t start_ms) { return start_ms != 0; });
  if (has_starts) checksum = hash_of(block.starts, checksum);
  for (const model::HistogramSample& sample : block.histograms) {
    checksum = hash_of(sample, checksum);
  }
  return {block.size(), checksum};
}

}  // namespace gnomon::transfer
