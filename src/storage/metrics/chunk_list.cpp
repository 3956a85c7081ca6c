#include "src/storage/metrics/chunk_list.h"

#include <algorithm>
#include <utility>

#include "src/base/limits.h"
#include "src/storage/metrics/merge.h"

namespace gnomon::storage {
namespace {

using model::SampleBlock;

void append_length(std::string& out, size_t length) {
  for (; length >= 0x80; length >>= 7) out += static_cast<char>(length | 0x80);
  out += static_cast<char>(length);
}

// Cuts the first chunk off; false when the bytes are no chunk list.
bool next_chunk(std::string_view& chunks, std::string_view& chunk) {
  size_t length = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (chunks.empty()) return false;
    const auto byte = static_cast<uint8_t>(chunks.front());
    chunks.remove_prefix(1);
    length |= size_t{byte & 0x7fu} << shift;
    if (byte >= 0x80) continue;
    if (length > chunks.size()) return false;
    chunk = chunks.substr(0, length);
    chunks.remove_prefix(length);
    return true;
  }
  return false;
}

Error damaged() { return {ErrorKind::Internal, "damaged chunk: its length is wrong"}; }

// All samples of the chunk are newer than the block's.
Result<bool> follows(std::string_view chunk, const SampleBlock& block) {
  if (block.empty()) return true;
  TRY(const ChunkInfo info, chunk_info(chunk));
  return last_time(block) < info.min_time_ms;
}

void encode_one(const SampleBlock& block, std::string& chunk, std::string& out) {
  chunk.clear();
  encode_chunk(block, chunk);
  append_length(out, chunk.size());
  out += chunk;
}

// The samples of `block` from the given positions on, at most `count`, all older than the next one.
struct Cut {
  size_t sample = 0;
  size_t histogram = 0;
};
Cut cut_after(const SampleBlock& block, Cut from, size_t count) {
  Cut to = from;
  for (size_t i = 0; i < count; ++i) {
    const bool samples = to.sample < block.times.size();
    const bool histograms = to.histogram < block.histograms.size();
    if (!samples && !histograms) break;
    const bool sample_next =
        !histograms || (samples && block.times[to.sample] < block.histograms[to.histogram].time_ms);
    ++(sample_next ? to.sample : to.histogram);
  }
  return to;
}

}  // namespace

void split_into_chunks(const SampleBlock& block,
                       const std::function<void(const SampleBlock& part)>& take) {
  if (block.size() <= base::kSamplesPerChunk) return take(block);
  SampleBlock part;
  const auto at = [](auto& column, size_t i) { return column.begin() + static_cast<ptrdiff_t>(i); };
  for (Cut from; from.sample < block.times.size() || from.histogram < block.histograms.size();) {
    const Cut to = cut_after(block, from, base::kSamplesPerChunk);
    part.times.assign(at(block.times, from.sample), at(block.times, to.sample));
    part.values.assign(at(block.values, from.sample), at(block.values, to.sample));
    if (!block.starts.empty()) {
      part.starts.assign(at(block.starts, from.sample), at(block.starts, to.sample));
    }
    part.histograms.assign(at(block.histograms, from.histogram),
                           at(block.histograms, to.histogram));
    take(part);
    from = to;
  }
}

void encode_chunks(const SampleBlock& block, std::string& out) {
  thread_local std::string chunk;
  split_into_chunks(block, [&](const SampleBlock& part) { encode_one(part, chunk, out); });
}

Result<void> decode_chunks(std::string_view chunks, int64_t min_time_ms, int64_t max_time_ms,
                           SampleBlock& block) {
  while (!chunks.empty()) {
    std::string_view chunk;
    if (!next_chunk(chunks, chunk)) return damaged();
    TRY(const bool appends, follows(chunk, block));
    if (appends) {
      TRY_VOID(decode_chunk(chunk, min_time_ms, max_time_ms, block));
      continue;
    }
    SampleBlock overlapping;
    TRY_VOID(decode_chunk(chunk, min_time_ms, max_time_ms, overlapping));
    merge_samples(block, overlapping);
  }
  return {};
}

Result<ChunkInfo> chunks_info(std::string_view chunks) {
  ChunkInfo all{0, model::kTimeMax, model::kTimeMin};
  while (!chunks.empty()) {
    std::string_view chunk;
    if (!next_chunk(chunks, chunk)) return damaged();
    TRY(const ChunkInfo info, chunk_info(chunk));
    all.samples += info.samples;
    all.min_time_ms = std::min(all.min_time_ms, info.min_time_ms);
    all.max_time_ms = std::max(all.max_time_ms, info.max_time_ms);
  }
  return all;
}

}  // namespace gnomon::storage
