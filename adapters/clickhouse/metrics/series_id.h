#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/model/labels.h"

namespace gnomon::clickhouse {

// Every server finds the same id for a label set on its own: 32 bits of the metric
// name's hash, so that the series of a metric lie side by side, and 96 of the label set's.
using SeriesId = model::Hash128;
SeriesId series_id(model::LabelsView labels);

// The first and the last id a series of the metric can have.
struct IdRange {
  SeriesId first;
  SeriesId last;
};
IdRange ids_of_metric(std::string_view metric);

// The decimal number that ClickHouse knows as UInt128.
std::string to_decimal(const SeriesId& id);

// The low bits of ids, as few as tell the series of a selection apart -> place in the selection.
// Immutable: any thread.
class IdTable {
 public:
  // `strangers`: keys of other series will be looked up, too, and must not be taken for these.
  explicit IdTable(std::span<const SeriesId> ids, bool strangers = false);

  static constexpr uint32_t kNone = 0xffffffff;
  // 4, 8 or 16.
  size_t key_bytes() const { return key_bytes_; }
  // `key`: key_bytes() bytes as they lie in memory. kNone: not of this selection.
  uint32_t find(const char* key) const;

 private:
  bool fill(std::span<const SeriesId> ids);

  size_t key_bytes_ = 4;
  std::vector<SeriesId> keys_;  // open addressing, power of two
  std::vector<uint32_t> places_;
};

}  // namespace gnomon::clickhouse
