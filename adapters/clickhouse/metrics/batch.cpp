#include "adapters/clickhouse/metrics/batch.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "adapters/clickhouse/row_binary.h"
#include "src/base/limits.h"
#include "src/storage/metrics/chunk_list.h"

namespace gnomon::clickhouse {
namespace {

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// Appends rows [begin, end) of a column of 8-byte numbers.
template <typename T>
void append_column(const char* column, size_t begin, size_t end, std::vector<T>& out) {
  static_assert(sizeof(T) == 8);
  const size_t size = out.size();
  out.resize(size + (end - begin));
  std::memcpy(out.data() + size, column + begin * 8, (end - begin) * 8);
}

ColumnKind key_kind(size_t key_bytes) {
  if (key_bytes == 4) return ColumnKind::Bytes4;
  return key_bytes == 8 ? ColumnKind::Bytes8 : ColumnKind::Bytes16;
}

std::vector<ColumnKind> columns_of(const storage::Fragment& fragment, const SampleQuery& query) {
  std::vector<ColumnKind> kinds = {key_kind(query.key_bytes)};
  if (std::holds_alternative<storage::Rollup>(fragment.reduction)) {
    kinds.push_back(ColumnKind::NullableArray);
    kinds.push_back(ColumnKind::Bytes8);
    return kinds;
  }
  kinds.resize(query.starts ? 4 : 3, ColumnKind::Bytes8);
  return kinds;
}

// Sorts by time and leaves one of equal samples. False when two differ.
bool sort_out(model::SampleBlock& block) {
  std::vector<uint32_t> order(block.times.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return block.times[a] < block.times[b]; });
  model::SampleBlock sorted;
  for (const uint32_t i : order) {
    const auto bits = std::bit_cast<uint64_t>(block.values[i]);
    if (!sorted.times.empty() && sorted.times.back() == block.times[i]) {
      if (std::bit_cast<uint64_t>(sorted.values.back()) != bits) return false;
      continue;
    }
    sorted.times.push_back(block.times[i]);
    sorted.values.push_back(block.values[i]);
    if (!block.starts.empty()) sorted.starts.push_back(block.starts[i]);
  }
  std::swap(block, sorted);
  return true;
}

}  // namespace

Result<std::shared_ptr<const Batch>> Batch::fetch(HttpClient& client, std::span<const SeriesId> ids,
                                                  const storage::Fragment& fragment, bool starts,
                                                  bool all_of_metric, bool histograms,
                                                  std::stop_token stop) {
  std::shared_ptr<Batch> batch(new Batch(ids, all_of_metric));
  batch->starts_ = starts;
  const SampleQuery query{batch->table_.key_bytes(), starts, all_of_metric};
  Request request{.sql = select_samples(client.options(), fragment, query)};
  request.settings = read_settings(fragment);
  request.reads_only = true;
  const std::string_view id_bytes(reinterpret_cast<const char*>(ids.data()), ids.size_bytes());
  if (!all_of_metric) request.table_ids = id_bytes;
  NativeReader reader(columns_of(fragment, query),
                      [&](NativeBlock block) { return batch->add(std::move(block)); });
  const auto read = client.run(
      request, [&](std::string_view piece) { return reader.feed(piece); }, stop);
  if (batch->overflow_ && ids.size() > 1) return std::shared_ptr<const Batch>();
  TRY_VOID(read);
  TRY_VOID(reader.finish());
  if (histograms) {
    request.sql = select_histograms(client.options(), fragment, query);
    TRY(std::string bytes, client.fetch(request, stop));
    TRY_VOID(batch->add_histograms(std::move(bytes)));
  }
  return std::shared_ptr<const Batch>(std::move(batch));
}

Result<void> Batch::add(NativeBlock block) {
  const size_t key_bytes = table_.key_bytes();
  const auto number = static_cast<uint32_t>(blocks_.size());
  const auto rows = static_cast<uint32_t>(block.rows);
  const char* const keys = block.column(0);
  for (uint32_t begin = 0; begin < rows;) {
    const char* const key = keys + begin * key_bytes;
    uint32_t end = begin + 1;
    while (end < rows && std::memcmp(keys + end * key_bytes, key, key_bytes) == 0) ++end;
    const uint32_t place = table_.find(key);
    if (place != kNone) {
      runs_.push_back({number, begin, end, newest_[place]});
      newest_[place] = static_cast<uint32_t>(runs_.size() - 1);
    }
    begin = end;
  }
  rows_ += rows;
  bytes_ += block.bytes.size();
  blocks_.push_back(std::move(block));
  if (rows_ <= base::kClickHouseBatchSamplesMax || newest_.size() == 1) return {};
  overflow_ = true;
  return Error{ErrorKind::Internal, "too many samples for one batch"};
}

Result<void> Batch::add_histograms(std::string bytes) {
  histogram_bytes_ = std::move(bytes);
  bytes_ += histogram_bytes_.size();
  storage::ByteReader reader(histogram_bytes_);
  while (reader.left() > 0) {
    const std::string_view key = reader.take(table_.key_bytes());
    const auto time_ms = reader.fixed<int64_t>();
    const std::string_view data = take_text(reader);
    if (!reader.ok()) {
      return Error{ErrorKind::Internal, "ClickHouse sent histograms that cannot be read"};
    }
    const uint32_t place = table_.find(key.data());
    if (place == kNone) continue;
    histograms_.push_back(
        {place, time_ms, static_cast<size_t>(data.data() - histogram_bytes_.data()), data.size()});
  }
  // The first of equal times came first of all.
  std::stable_sort(histograms_.begin(), histograms_.end(), [](const auto& a, const auto& b) {
    return a.place != b.place ? a.place < b.place : a.time_ms < b.time_ms;
  });
  return {};
}

int64_t Batch::time_at(const Run& run, uint32_t row) const {
  return load<int64_t>(blocks_[run.block].column(1) + row * 8);
}

void Batch::append(const Run& run, int64_t min_time_ms, int64_t max_time_ms,
                   model::SampleBlock& block) const {
  // The first row from which on `after` holds.
  const auto first = [&](auto after) {
    uint32_t low = run.begin;
    uint32_t high = run.end;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      (after(time_at(run, middle)) ? high : low) =
          after(time_at(run, middle)) ? middle : middle + 1;
    }
    return low;
  };
  const uint32_t begin = first([&](int64_t time_ms) { return time_ms >= min_time_ms; });
  const uint32_t end = first([&](int64_t time_ms) { return time_ms > max_time_ms; });
  if (begin >= end) return;
  const NativeBlock& from = blocks_[run.block];
  append_column(from.column(1), begin, end, block.times);
  append_column(from.column(2), begin, end, block.values);
  if (starts_) append_column(from.column(3), begin, end, block.starts);
}

bool Batch::read(size_t place, int64_t min_time_ms, int64_t max_time_ms,
                 model::SampleBlock& block) const {
  block.clear();
  const uint32_t newest = newest_[place];
  if (newest == kNone) return true;
  bool ascends = true;
  if (runs_[newest].next == kNone) {
    append(runs_[newest], min_time_ms, max_time_ms, block);
  } else {
    std::vector<const Run*> runs;
    for (uint32_t i = newest; i != kNone; i = runs_[i].next) runs.push_back(&runs_[i]);
    std::sort(runs.begin(), runs.end(), [&](const Run* a, const Run* b) {
      return time_at(*a, a->begin) < time_at(*b, b->begin);
    });
    for (const Run* run : runs) append(*run, min_time_ms, max_time_ms, block);
  }
  for (size_t i = 1; i < block.times.size() && ascends; ++i) {
    ascends = block.times[i - 1] < block.times[i];
  }
  if (!ascends && !sort_out(block)) return false;
  const bool none = std::all_of(block.starts.begin(), block.starts.end(),
                                [](int64_t start) { return start == 0; });
  if (none) block.starts.clear();
  return true;
}

Result<void> Batch::read_histograms(size_t place, int64_t min_time_ms, int64_t max_time_ms,
                                    model::SampleBlock& block) const {
  auto at = std::lower_bound(histograms_.begin(), histograms_.end(), place,
                             [](const Histogram& h, size_t wanted) { return h.place < wanted; });
  model::SampleBlock one;
  for (; at != histograms_.end() && at->place == place; ++at) {
    if (at->time_ms < min_time_ms || at->time_ms > max_time_ms) continue;
    const bool repeated =
        !block.histograms.empty() && block.histograms.back().time_ms == at->time_ms;
    if (repeated || std::binary_search(block.times.begin(), block.times.end(), at->time_ms)) {
      continue;
    }
    one.clear();
    const std::string_view data = std::string_view(histogram_bytes_).substr(at->begin, at->size);
    TRY_VOID(storage::decode_chunks(data, model::kTimeMin, model::kTimeMax, one));
    for (auto& histogram : one.histograms) block.histograms.push_back(std::move(histogram));
  }
  return {};
}

bool Batch::read_points(size_t place, const model::TimeGrid& grid,
                        model::SampleBlock& block) const {
  block.clear();
  for (uint32_t i = newest_[place]; i != kNone; i = runs_[i].next) {
    const Run& run = runs_[i];
    if (load<uint64_t>(blocks_[run.block].column(2) + run.begin * 8) != 0) return false;
    const NullableArrays arrays = nullable_arrays(blocks_[run.block], 1);
    const auto begin = run.begin == 0 ? 0 : load<uint64_t>(arrays.ends + (run.begin - 1) * 8);
    const auto end = load<uint64_t>(arrays.ends + run.begin * 8);
    for (uint64_t point = begin; point < end; ++point) {
      if (arrays.nulls[point] != 0) continue;
      block.times.push_back(grid.at(point - begin));
      block.values.push_back(load<double>(arrays.values + point * 8));
    }
  }
  return true;
}

}  // namespace gnomon::clickhouse
