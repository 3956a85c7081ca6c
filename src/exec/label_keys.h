#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/exec/operator.h"
#include "src/plan/plan.h"

// The labels of series as operators see, compare and group them.
namespace gnomon::exec {

// What a label set is to its consumers: without its metric name when that was dropped and name
// removal is not delayed.
model::Labels visible_labels(const Context& context, const SeriesMeta& meta);

// __name__, __type__ and __unit__ taken out.
model::Labels without_name(const model::Labels& labels);
bool is_name_label(std::string_view name);

// Errors: Execution, when a value that a query computes for a label is larger than
// kLabelBytesPerSeriesMax.
Result<void> check_label_value(std::string_view value);

// Assigns equal keys equal dense numbers, in the order of first appearance.
class KeyNumbers {
 public:
  KeyNumbers();
  ~KeyNumbers();
  KeyNumbers(const KeyNumbers&) = delete;
  KeyNumbers& operator=(const KeyNumbers&) = delete;

  // (number, true when new)
  std::pair<uint32_t, bool> add(std::string_view key);
  // The number, or kNone.
  uint32_t find(std::string_view key) const;
  size_t size() const;

  static constexpr uint32_t kNone = UINT32_MAX;

 private:
  struct Map;
  std::unique_ptr<Map> map_;
};

// Picks the labels by which series are grouped or matched, as packed bytes.
class LabelKey {
 public:
  // `keep`: only those names; otherwise all but those and the metric name. Names sorted.
  // `hide_dropped_names`: treat a dropped metric name as absent (no delayed name removal).
  LabelKey(bool keep, std::vector<std::string> names, bool hide_dropped_names);

  // Replaces `key` by the packed labels that count for this series.
  void write(const SeriesMeta& meta, std::string& key) const;

 private:
  bool keep_;
  std::vector<std::string> names_;
  bool hide_dropped_names_;
};

// Which group of an aggregation each input series belongs to.
struct Groups {
  std::vector<uint32_t> of_series;    // group number for each series
  std::vector<model::Labels> labels;  // for each group; groups in the order of first appearance
};

Groups make_groups(const Context& context, const plan::Aggregate& aggregate,
                   std::span<const SeriesMeta> series);

}  // namespace gnomon::exec
