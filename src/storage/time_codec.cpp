#include "src/storage/time_codec.h"

#include <algorithm>
#include <vector>

#include "src/storage/integer_codec.h"

namespace gnomon::storage {
namespace {

uint64_t bits(int64_t time) { return static_cast<uint64_t>(time); }

bool regular(std::span<const int64_t> times) {
  if (times.size() < 3) return true;
  const uint64_t step = bits(times[1]) - bits(times[0]);
  for (size_t i = 2; i < times.size(); ++i) {
    if (bits(times[i]) - bits(times[i - 1]) != step) return false;
  }
  return true;
}

// The step that most have, if there is one (majority vote); else the mean.
uint64_t usual_step(std::span<const int64_t> times) {
  uint64_t candidate = 0;
  size_t votes = 0;
  for (size_t i = 1; i < times.size(); ++i) {
    const uint64_t step = bits(times[i]) - bits(times[i - 1]);
    if (votes == 0) candidate = step;
    votes += step == candidate ? 1 : size_t{0} - 1;
  }
  size_t same = 0;
  for (size_t i = 1; i < times.size(); ++i)
    same += bits(times[i]) - bits(times[i - 1]) == candidate;
  if (same * 2 > times.size()) return candidate;
  return (bits(times.back()) - bits(times.front())) / (times.size() - 1);
}

void fill_regular(const TimeRange& range, int64_t* out) {
  constexpr size_t kGroup = 8;  // independent of each other, so that the compiler uses vectors
  const uint64_t step = range.step();
  size_t i = 0;
  for (; i < std::min<size_t>(kGroup, range.count); ++i) {
    out[i] = static_cast<int64_t>(bits(range.first_ms) + step * i);
  }
  for (; i + kGroup <= range.count; i += kGroup) {
    for (size_t k = 0; k < kGroup; ++k) {
      out[i + k] = static_cast<int64_t>(bits(out[i + k - kGroup]) + step * kGroup);
    }
  }
  for (; i < range.count; ++i) out[i] = static_cast<int64_t>(bits(out[i - 1]) + step);
}

}  // namespace

TimeRange outline(std::span<const int64_t> times) {
  return {static_cast<uint32_t>(times.size()), times.front(), times.back(), regular(times)};
}

void encode_times(std::span<const int64_t> times, std::string& out) {
  const uint64_t step = usual_step(times);
  put_signed(out, static_cast<int64_t>(step));
  std::vector<int64_t> offsets(times.size() - 1);
  uint64_t line = bits(times[0]);
  for (size_t i = 1; i < times.size(); ++i) {
    line += step;
    offsets[i - 1] = static_cast<int64_t>(bits(times[i]) - line);
  }
  encode_integers(offsets, out);
}

bool decode_times(ByteReader& reader, const TimeRange& range, int64_t* out) {
  uint64_t line = bits(range.first_ms);
  if (range.regular) {
    fill_regular(range, out);
    return true;
  }
  const uint64_t step = static_cast<uint64_t>(reader.signed_varint());
  out[0] = range.first_ms;
  IntegerDecoder decoder(reader, range.count - 1);
  int64_t offsets[kPackedMax];
  int64_t before = range.first_ms;
  bool ascending = true;
  for (size_t begin = 1; begin < range.count;) {
    const size_t n = decoder.next(offsets);
    int64_t* to = out + begin;
    for (size_t i = 0; i < n; ++i) {
      line += step;
      to[i] = static_cast<int64_t>(line + bits(offsets[i]));
      ascending &= to[i] > before;
      before = to[i];
    }
    begin += n;
  }
  return ascending && reader.ok() && out[range.count - 1] == range.last_ms;
}

}  // namespace gnomon::storage
