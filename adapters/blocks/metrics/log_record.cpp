#include "adapters/blocks/metrics/log_record.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "src/storage/bytes.h"
#include "src/storage/metrics/chunk.h"
#include "src/storage/metrics/chunk_list.h"

namespace gnomon::blocks {
namespace {

using model::HistogramSample;
using model::WriteBatch;
using storage::ByteReader;
using storage::SeriesId;
using storage::zigzag;

constexpr uint8_t kVersion = 1;
constexpr uint8_t kVersionStarts = 2;  // when a sample has a start timestamp
constexpr size_t kVarintMax = 10;

char* write_varint(char* at, uint64_t v) {
  while (v >= 128) {
    *at++ = static_cast<char>(v | 128);
    v >>= 7;
  }
  *at++ = static_cast<char>(v);
  return at;
}

bool one_each(const WriteBatch& batch) {
  for (const WriteBatch::Row& row : batch.rows) {
    if (row.sample_end - row.sample_begin != 1) return false;
  }
  return true;
}

size_t count_samples(const WriteBatch& batch) {
  size_t samples = 0;
  for (const WriteBatch::Row& row : batch.rows) samples += row.sample_end - row.sample_begin;
  return samples;
}

char* write_samples(const WriteBatch& batch, char* at) {
  uint64_t before = 0;
  for (const WriteBatch::Row& row : batch.rows) {
    for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
      const auto time = static_cast<uint64_t>(batch.samples[i].time_ms);
      at = write_varint(at, zigzag(static_cast<int64_t>(time - before)));
      before = time;
    }
  }
  for (const WriteBatch::Row& row : batch.rows) {
    for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
      std::memcpy(at, &batch.samples[i].value, 8);
      at += 8;
    }
  }
  return at;
}

char* write_starts(const WriteBatch& batch, char* at) {
  uint64_t before = 0;
  for (const WriteBatch::Row& row : batch.rows) {
    for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
      const auto start = static_cast<uint64_t>(batch.starts[i]);
      at = write_varint(at, zigzag(static_cast<int64_t>(start - before)));
      before = start;
    }
  }
  return at;
}

// As chunks, which want ascending times; among equal times the first one counts.
void write_histograms(const WriteBatch& batch, std::string& out) {
  model::SampleBlock block;
  std::string chunk;
  for (size_t r = 0; r < batch.rows.size(); ++r) {
    const WriteBatch::Row& row = batch.rows[r];
    if (row.histogram_begin == row.histogram_end) continue;
    block.histograms.assign(batch.histograms.begin() + row.histogram_begin,
                            batch.histograms.begin() + row.histogram_end);
    const auto earlier = [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; };
    const auto equal = [](const auto& a, const auto& b) { return a.time_ms == b.time_ms; };
    std::stable_sort(block.histograms.begin(), block.histograms.end(), earlier);
    block.histograms.erase(std::unique(block.histograms.begin(), block.histograms.end(), equal),
                           block.histograms.end());
    storage::split_into_chunks(block, [&](const model::SampleBlock& part) {
      chunk.clear();
      storage::encode_chunk(part, chunk);
      storage::put_varint(out, r + 1);
      storage::put_varint(out, chunk.size());
      out += chunk;
    });
  }
  storage::put_varint(out, 0);
}

struct Shape {
  std::vector<SeriesId> ids;
  std::vector<uint32_t> counts;
  uint64_t samples = 0;
};

bool read_shape(ByteReader& reader, Shape& shape) {
  const uint64_t rows = reader.varint();
  shape.samples = reader.varint();
  if (!reader.ok() || rows > reader.left() || shape.samples > reader.left()) return false;
  int64_t id = 0;
  for (uint64_t i = 0; i < rows; ++i) {
    id += reader.signed_varint();
    shape.ids.push_back(static_cast<SeriesId>(id));
  }
  if (reader.byte() == 1) {
    shape.counts.assign(rows, 1);
  } else {
    for (uint64_t i = 0; i < rows; ++i) {
      shape.counts.push_back(static_cast<uint32_t>(reader.varint()));
    }
  }
  uint64_t sum = 0;
  for (uint32_t count : shape.counts) sum += count;
  return reader.ok() && sum == shape.samples;
}

std::vector<int64_t> read_differences(ByteReader& reader, size_t count) {
  std::vector<int64_t> out(count);
  uint64_t sum = 0;
  for (int64_t& v : out) {
    sum += static_cast<uint64_t>(reader.signed_varint());
    v = static_cast<int64_t>(sum);
  }
  return out;
}

Result<void> read_histograms(ByteReader& reader, const Shape& shape, const LogSink& sink) {
  model::SampleBlock block;
  while (const uint64_t row = reader.varint()) {
    const std::string_view chunk = reader.take(reader.varint());
    if (!reader.ok() || row > shape.ids.size()) break;
    block.clear();
    TRY_VOID(storage::decode_chunk(chunk, model::kTimeMin, model::kTimeMax, block));
    for (const HistogramSample& histogram : block.histograms) {
      sink.histogram(shape.ids[row - 1], histogram);
    }
  }
  return {};
}

}  // namespace

void encode_log_record(const WriteBatch& batch, std::span<const SeriesId> ids, std::string& out) {
  const size_t begin = out.size();
  const size_t samples = count_samples(batch);
  const bool starts = !batch.starts.empty();
  const size_t sample_max = kVarintMax + 8 + (starts ? kVarintMax : 0);
  // The largest it can get; cut to size below.
  out.resize(begin + 1 + 3 * kVarintMax + ids.size() * 2 * kVarintMax + samples * sample_max);
  char* const start = out.data();
  char* at = start + begin;
  *at++ = starts ? kVersionStarts : kVersion;
  at = write_varint(at, batch.rows.size());
  at = write_varint(at, samples);
  int64_t before = 0;
  for (SeriesId id : ids) {
    const auto number = static_cast<int64_t>(id);
    at = write_varint(at, zigzag(number - before));
    before = number;
  }
  const bool single = one_each(batch);
  *at++ = single ? 1 : 0;
  if (!single) {
    for (const WriteBatch::Row& row : batch.rows) {
      at = write_varint(at, row.sample_end - row.sample_begin);
    }
  }
  at = write_samples(batch, at);
  if (starts) at = write_starts(batch, at);
  out.resize(static_cast<size_t>(at - start));
  write_histograms(batch, out);
  storage::put_fixed<uint64_t>(out, XXH3_64bits(out.data() + begin, out.size() - begin));
}

Result<void> decode_log_record(std::string_view record, const LogSink& sink) {
  const Error damaged{ErrorKind::Internal, "damaged log record"};
  if (record.size() < 9) return damaged;
  uint64_t checksum;
  std::memcpy(&checksum, record.data() + record.size() - 8, 8);
  record.remove_suffix(8);
  if (XXH3_64bits(record.data(), record.size()) != checksum) return damaged;
  ByteReader reader(record);
  const uint8_t version = reader.byte();
  if (version != kVersion && version != kVersionStarts) {
    return Error{ErrorKind::Internal, "log record of an unknown version"};
  }
  Shape shape;
  if (!read_shape(reader, shape)) return damaged;
  const std::vector<int64_t> times = read_differences(reader, shape.samples);
  const std::string_view values = reader.take(shape.samples * 8);
  std::vector<int64_t> starts;
  if (version == kVersionStarts) starts = read_differences(reader, shape.samples);
  if (!reader.ok()) return damaged;
  size_t i = 0;
  for (size_t row = 0; row < shape.ids.size(); ++row) {
    for (const size_t end = i + shape.counts[row]; i < end; ++i) {
      double value;
      std::memcpy(&value, values.data() + i * 8, 8);
      sink.sample(shape.ids[row], times[i], value, starts.empty() ? 0 : starts[i]);
    }
  }
  return read_histograms(reader, shape, sink);
}

}  // namespace gnomon::blocks
