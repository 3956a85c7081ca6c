#include "adapters/clickhouse/metrics/series_id.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace gnomon::clickhouse {
namespace {

uint64_t metric_bits(std::string_view metric) {
  std::string packed;
  model::append_packed(packed, model::kMetricName, metric);
  return model::hash64(model::LabelsView(packed)) << 32;
}

}  // namespace

SeriesId series_id(model::LabelsView labels) {
  SeriesId id = model::hash128(labels);
  id.high = metric_bits(labels.get(model::kMetricName)) | (id.high & 0xffffffff);
  return id;
}

IdRange ids_of_metric(std::string_view metric) {
  const uint64_t bits = metric_bits(metric);
  return {{0, bits}, {~uint64_t{0}, bits | 0xffffffff}};
}

std::string to_decimal(const SeriesId& id) {
  auto number = static_cast<unsigned __int128>(id.high) << 64 | id.low;
  std::string out;
  do {
    out.push_back(static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

IdTable::IdTable(std::span<const SeriesId> ids, bool strangers) : key_bytes_(strangers ? 8 : 4) {
  while (!fill(ids)) key_bytes_ *= 2;
}

// False when two series have the same key.
bool IdTable::fill(std::span<const SeriesId> ids) {
  const size_t size = std::bit_ceil(ids.size() * 2 + 1);
  keys_.assign(size, {});
  places_.assign(size, kNone);
  for (uint32_t i = 0; i < ids.size(); ++i) {
    SeriesId key;
    std::memcpy(&key, &ids[i], key_bytes_);
    size_t at = key.low & (size - 1);
    for (; places_[at] != kNone; at = (at + 1) & (size - 1)) {
      if (keys_[at] == key) return false;
    }
    keys_[at] = key;
    places_[at] = i;
  }
  return true;
}

uint32_t IdTable::find(const char* key_at) const {
  SeriesId key;
  std::memcpy(&key, key_at, key_bytes_);
  const size_t mask = keys_.size() - 1;
  for (size_t at = key.low & mask; places_[at] != kNone; at = (at + 1) & mask) {
    if (keys_[at] == key) return places_[at];
  }
  return kNone;
}

}  // namespace gnomon::clickhouse
