#include "src/storage/metrics/chunk.h"

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "src/base/limits.h"
#include "src/storage/bytes.h"
#include "src/storage/integer_codec.h"
#include "src/storage/metrics/histogram_codec.h"
#include "src/storage/metrics/value_codec.h"
#include "src/storage/time_codec.h"

namespace gnomon::storage {
namespace {

constexpr uint8_t kVersion = 5u << 5;
constexpr uint8_t kVersionMask = 7u << 5;
constexpr uint8_t kFloats = 1;
constexpr uint8_t kFloatsRegular = 2;
constexpr uint8_t kStarts = 4;
constexpr uint8_t kHistograms = 8;
constexpr uint8_t kHistogramsRegular = 16;
constexpr size_t kBodyBegin = 5;

struct Header {
  uint8_t flags = 0;
  uint32_t checksum = 0;
  TimeRange floats;
  TimeRange histograms;

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
};

Error damaged(const char* what) {
  return Error{ErrorKind::Internal, std::string("damaged chunk: ") + what};
}

uint32_t checksum(std::string_view chunk) {
  const std::string_view body = chunk.substr(kBodyBegin);
  const uint64_t seed = static_cast<uint8_t>(chunk[0]);
  return static_cast<uint32_t>(XXH3_64bits_withSeed(body.data(), body.size(), seed));
}

void put_range(const TimeRange& range, std::string& out) {
  put_varint(out, range.count);
  put_signed(out, range.first_ms);
  put_varint(out, static_cast<uint64_t>(range.last_ms) - static_cast<uint64_t>(range.first_ms));
}

Result<TimeRange> read_range(ByteReader& reader, bool regular) {
  TimeRange range;
  const uint64_t count = reader.varint();
  range.first_ms = reader.signed_varint();
  const uint64_t span = reader.varint();
  range.last_ms = static_cast<int64_t>(static_cast<uint64_t>(range.first_ms) + span);
  range.regular = regular;
  if (!reader.ok() || count == 0) return damaged("the header is cut");
  if (count > base::kChunkSamplesMax) return damaged("too many samples");
  range.count = static_cast<uint32_t>(count);
  if (range.last_ms < range.first_ms || span < count - 1) return damaged("times out of order");
  if (count == 1 ? span != 0 : regular && span % (count - 1) != 0) {
    return damaged("uneven regular times");
  }
  return range;
}

Result<Header> read_header(ByteReader& reader) {
  Header header;
  const uint8_t first = reader.byte();
  if ((first & kVersionMask) != kVersion) return damaged("not a chunk of a known version");
  header.flags = static_cast<uint8_t>(first & ~kVersionMask);
  header.checksum = reader.fixed<uint32_t>();
  if (!header.has(kFloats) && !header.has(kHistograms)) return damaged("no samples");
  if (header.has(kFloats)) {
    TRY(header.floats, read_range(reader, header.has(kFloatsRegular)));
  }
  if (header.has(kHistograms)) {
    TRY(header.histograms, read_range(reader, header.has(kHistogramsRegular)));
  }
  return header;
}

uint64_t start_line(const int64_t* times, size_t i) {
  return static_cast<uint64_t>(times[i == 0 ? 0 : i - 1]);
}

void encode_starts(const model::SampleBlock& block, std::string& out) {
  std::vector<int64_t> offsets(block.starts.size());
  for (size_t i = 0; i < offsets.size(); ++i) {
    offsets[i] = static_cast<int64_t>(static_cast<uint64_t>(block.starts[i]) -
                                      start_line(block.times.data(), i));
  }
  encode_integers(offsets, out);
}

bool decode_starts(ByteReader& reader, const int64_t* times, size_t count, int64_t* out) {
  IntegerDecoder decoder(reader, count);
  int64_t offsets[kPackedMax];
  for (size_t done = 0; done < count;) {
    const size_t n = decoder.next(offsets);
    for (size_t i = 0; i < n; ++i) {
      out[done + i] =
          static_cast<int64_t>(start_line(times, done + i) + static_cast<uint64_t>(offsets[i]));
    }
    done += n;
  }
  return reader.ok();
}

void encode(const model::SampleBlock& block, ValueForms forms, std::string& out) {
  const size_t begin = out.size();
  std::vector<int64_t> histogram_times;
  for (const auto& sample : block.histograms) histogram_times.push_back(sample.time_ms);
  TimeRange floats, histograms;
  uint8_t first = kVersion;
  if (!block.times.empty()) {
    floats = outline(block.times);
    first |= kFloats | (floats.regular ? kFloatsRegular : 0) | (block.starts.empty() ? 0 : kStarts);
  }
  if (!histogram_times.empty()) {
    histograms = outline(histogram_times);
    first |= kHistograms | (histograms.regular ? kHistogramsRegular : 0);
  }
  put_byte(out, first);
  put_fixed(out, uint32_t{0});
  if (floats.count > 0) put_range(floats, out);
  if (histograms.count > 0) put_range(histograms, out);
  if (floats.count > 0) {
    if (!floats.regular) encode_times(block.times, out);
    encode_values(block.values, forms, out);
    if (!block.starts.empty()) encode_starts(block, out);
  }
  if (histograms.count > 0) {
    if (!histograms.regular) encode_times(histogram_times, out);
    encode_histograms(block.histograms, forms, out);
  }
  const uint32_t sum = checksum(std::string_view(out).substr(begin));
  std::memcpy(out.data() + begin + 1, &sum, sizeof(sum));
}

bool same_bits(const model::SampleBlock& a, const model::SampleBlock& b) {
  const auto equal_bytes = [](const auto& x, const auto& y) {
    return x.size() == y.size() &&
           (x.empty() || std::memcmp(x.data(), y.data(), x.size() * 8) == 0);
  };
  return equal_bytes(a.times, b.times) && equal_bytes(a.values, b.values) &&
         equal_bytes(a.starts, b.starts) &&
         std::equal(a.histograms.begin(), a.histograms.end(), b.histograms.begin(),
                    b.histograms.end(), [](const auto& x, const auto& y) {
                      return x.time_ms == y.time_ms && x.start_ms == y.start_ms &&
                             identical(*x.histogram, *y.histogram);
                    });
}

// Positions [begin, end) of the samples with min_ms <= time <= max_ms.
struct Cut {
  size_t begin = 0;
  size_t end = 0;
};

Cut cut(const TimeRange& range, const int64_t* times, int64_t min_ms, int64_t max_ms) {
  if (range.count == 0 || range.first_ms > max_ms || range.last_ms < min_ms) return {};
  if (min_ms > max_ms) return {};
  if (!range.regular) {
    const int64_t* end = times + range.count;
    return {static_cast<size_t>(std::lower_bound(times, end, min_ms) - times),
            static_cast<size_t>(std::upper_bound(times, end, max_ms) - times)};
  }
  Cut out{0, range.count};
  const uint64_t first = static_cast<uint64_t>(range.first_ms);
  const uint64_t step = std::max<uint64_t>(1, range.step());
  if (range.first_ms < min_ms) {
    const uint64_t behind = static_cast<uint64_t>(min_ms) - first;
    out.begin = static_cast<size_t>(behind / step + (behind % step != 0));
  }
  if (range.last_ms > max_ms) {
    out.end = static_cast<size_t>((static_cast<uint64_t>(max_ms) - first) / step) + 1;
  }
  return out;
}

template <typename T>
void keep(std::vector<T>& samples, size_t before, Cut cut) {
  const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(before);
  samples.erase(begin + static_cast<std::ptrdiff_t>(cut.end), samples.end());
  samples.erase(begin, begin + static_cast<std::ptrdiff_t>(cut.begin));
}

// What decoding appends to; undone unless accepted.
class Appended {
 public:
  explicit Appended(model::SampleBlock& block)
      : block_(block),
        floats_(block.times.size()),
        starts_(block.starts.size()),
        histograms_(block.histograms.size()) {}
  ~Appended() {
    if (accepted_) return;
    block_.times.resize(floats_);
    block_.values.resize(floats_);
    block_.starts.resize(starts_);
    block_.histograms.resize(histograms_);
  }
  void accept() { accepted_ = true; }

 private:
  model::SampleBlock& block_;
  const size_t floats_, starts_, histograms_;
  bool accepted_ = false;
};

Result<void> decode_floats(ByteReader& reader, const Header& header, int64_t min_ms, int64_t max_ms,
                           model::SampleBlock& block) {
  const TimeRange& range = header.floats;
  const size_t before = block.times.size();
  block.times.resize(before + range.count);
  int64_t* times = block.times.data() + before;
  if (!decode_times(reader, range, times)) return damaged("bad times");

  const Cut wanted = cut(range, times, min_ms, max_ms);
  if (wanted.begin == wanted.end && !header.has(kHistograms)) {
    block.times.resize(before);
    return {};
  }
  const bool more_follows = header.has(kStarts) || header.has(kHistograms);
  const size_t decoded = more_follows ? range.count : wanted.end;
  block.values.resize(before + decoded);
  if (!decode_values(reader, range.count, decoded, block.values.data() + before)) {
    return damaged("bad values");
  }
  if (header.has(kStarts)) {
    block.starts.resize(before + range.count);
    if (!decode_starts(reader, times, range.count, block.starts.data() + before)) {
      return damaged("bad start times");
    }
    keep(block.starts, before, wanted);
  } else if (!block.starts.empty()) {
    block.starts.resize(before + wanted.end - wanted.begin);
  }
  keep(block.times, before, wanted);
  keep(block.values, before, wanted);
  return {};
}

Result<void> decode_histogram_part(ByteReader& reader, const TimeRange& range, int64_t min_ms,
                                   int64_t max_ms, model::SampleBlock& block) {
  std::vector<int64_t> times(range.count);
  if (!decode_times(reader, range, times.data())) return damaged("bad times");
  const Cut wanted = cut(range, times.data(), min_ms, max_ms);
  if (wanted.begin == wanted.end) return {};
  const size_t before = block.histograms.size();
  block.histograms.resize(before + range.count);
  for (size_t i = 0; i < times.size(); ++i) block.histograms[before + i].time_ms = times[i];
  const auto all = std::span(block.histograms).subspan(before);
  if (!decode_histograms(reader, all, wanted.begin, wanted.end)) return damaged("bad histograms");
  keep(block.histograms, before, wanted);
  return {};
}

}  // namespace

void encode_chunk(const model::SampleBlock& block, std::string& out) {
  assert(!block.empty() && block.size() <= base::kChunkSamplesMax);
  assert(block.values.size() == block.times.size());
  assert(block.starts.empty() || block.starts.size() == block.times.size());
  const size_t begin = out.size();
  encode(block, ValueForms::All, out);
  model::SampleBlock again;
  const auto decoded =
      decode_chunk(std::string_view(out).substr(begin), model::kTimeMin, model::kTimeMax, again);
  if (decoded.ok() && same_bits(block, again)) return;
  out.resize(begin);
  encode(block, ValueForms::BitsOnly, out);
}

Result<ChunkInfo> chunk_info(std::string_view chunk) {
  ByteReader reader(chunk);
  TRY(const Header header, read_header(reader));
  const TimeRange& one = header.floats.count > 0 ? header.floats : header.histograms;
  const TimeRange& other = header.histograms.count > 0 ? header.histograms : header.floats;
  return ChunkInfo{header.floats.count + header.histograms.count,
                   std::min(one.first_ms, other.first_ms), std::max(one.last_ms, other.last_ms)};
}

Result<void> decode_chunk(std::string_view chunk, int64_t min_time_ms, int64_t max_time_ms,
                          model::SampleBlock& block) {
  ByteReader reader(chunk);
  TRY(const Header header, read_header(reader));
  const auto outside = [&](const TimeRange& range) {
    return range.count == 0 || range.first_ms > max_time_ms || range.last_ms < min_time_ms;
  };
  // Before anything is skipped: a damaged range would hide samples without a word.
  if (checksum(chunk) != header.checksum) return damaged("the checksum does not fit");
  if (outside(header.floats) && outside(header.histograms)) return {};

  Appended appended(block);
  if (header.floats.count > 0) {
    TRY_VOID(decode_floats(reader, header, min_time_ms, max_time_ms, block));
  }
  if (header.histograms.count > 0) {
    TRY_VOID(decode_histogram_part(reader, header.histograms, min_time_ms, max_time_ms, block));
  }
  appended.accept();
  return {};
}

}  // namespace gnomon::storage
