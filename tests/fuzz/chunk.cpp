// The chunk decoder on any bytes, with the checksum put right so that it gets past it; and the
// round trip of whatever it decodes, and of the input read as samples.
#include <xxhash.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "src/base/limits.h"
#include "src/storage/metrics/chunk.h"

namespace {

using gnomon::model::SampleBlock;
namespace model = gnomon::model;
namespace storage = gnomon::storage;

void check(bool holds) {
  if (!holds) std::abort();
}

bool same(const SampleBlock& a, const SampleBlock& b) {
  const auto equal = [](const auto& x, const auto& y) {
    return x.size() == y.size() &&
           (x.empty() || std::memcmp(x.data(), y.data(), x.size() * 8) == 0);
  };
  if (!equal(a.times, b.times) || !equal(a.values, b.values) || !equal(a.starts, b.starts)) {
    return false;
  }
  if (a.histograms.size() != b.histograms.size()) return false;
  for (size_t i = 0; i < a.histograms.size(); ++i) {
    if (a.histograms[i].time_ms != b.histograms[i].time_ms) return false;
    if (a.histograms[i].start_ms != b.histograms[i].start_ms) return false;
    if (!identical(*a.histograms[i].histogram, *b.histograms[i].histogram)) return false;
  }
  return true;
}

void round_trip(const SampleBlock& block) {
  std::string chunk;
  storage::encode_chunk(block, chunk);
  SampleBlock again;
  check(storage::decode_chunk(chunk, model::kTimeMin, model::kTimeMax, again).ok());
  check(same(block, again));
}

void decode_bytes(std::string chunk) {
  if (chunk.size() > 5) {
    const uint64_t seed = static_cast<uint8_t>(chunk[0]);
    const auto sum =
        static_cast<uint32_t>(XXH3_64bits_withSeed(chunk.data() + 5, chunk.size() - 5, seed));
    std::memcpy(chunk.data() + 1, &sum, sizeof(sum));
  }
  // A copy of the exact size lets the sanitizer see any step past the end.
  const std::unique_ptr<char[]> exact(new char[chunk.size()]);
  std::memcpy(exact.get(), chunk.data(), chunk.size());
  const std::string_view view(exact.get(), chunk.size());
  SampleBlock block;
  const auto info = storage::chunk_info(view);
  if (info.ok() && info->samples > 10'000) return;  // long runs are slow and teach nothing
  const auto whole = storage::decode_chunk(view, model::kTimeMin, model::kTimeMax, block);
  if (!whole.ok()) {
    check(block.empty());
    return;
  }
  check(info.ok() && info->samples == block.size());
  SampleBlock part;
  const int64_t middle = info->min_time_ms / 2 + info->max_time_ms / 2;
  check(storage::decode_chunk(view, middle, model::kTimeMax, part).ok());
  check(part.size() <= block.size());
  round_trip(block);
}

// Each sample from nine bytes: a step in time and the bits of a value.
void encode_samples(std::string_view bytes) {
  SampleBlock block;
  int64_t time = 0;
  for (; bytes.size() >= 9; bytes.remove_prefix(9)) {
    uint64_t bits;
    std::memcpy(&bits, bytes.data() + 1, 8);
    time += 1 + static_cast<uint8_t>(bytes[0]);
    block.times.push_back(time);
    block.values.push_back(std::bit_cast<double>(bits));
  }
  if (!block.empty()) round_trip(block);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!bytes.empty() && bytes[0] == 'S') {
    encode_samples(bytes.substr(1));
  } else {
    decode_bytes(std::string(bytes));
  }
  return 0;
}
