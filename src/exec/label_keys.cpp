#include "src/exec/label_keys.h"

#include <algorithm>
#include <unordered_map>

#include "src/base/limits.h"

namespace gnomon::exec {

Result<void> check_label_value(std::string_view value) {
  if (value.size() <= base::kLabelBytesPerSeriesMax) return {};
  return Error{ErrorKind::Execution, "the query makes a label value that exceeds the limit of " +
                                         std::to_string(base::kLabelBytesPerSeriesMax) + " bytes"};
}

bool is_name_label(std::string_view name) {
  return name == model::kMetricName || name == model::kTypeLabel || name == model::kUnitLabel;
}

model::Labels without_name(const model::Labels& labels) {
  std::string packed;
  packed.reserve(labels.packed().size());
  bool changed = false;
  for (const auto& [name, value] : labels) {
    if (is_name_label(name)) {
      changed = true;
    } else {
      model::append_packed(packed, name, value);
    }
  }
  return changed ? model::Labels(std::move(packed)) : labels;
}

model::Labels visible_labels(const Context& context, const SeriesMeta& meta) {
  if (!meta.drop_name || context.delayed_name_removal) return meta.labels;
  return without_name(meta.labels);
}

struct KeyNumbers::Map {
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return model::hash64(model::LabelsView(key)); }
  };
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> numbers;
};

KeyNumbers::KeyNumbers() : map_(std::make_unique<Map>()) {}
KeyNumbers::~KeyNumbers() = default;

std::pair<uint32_t, bool> KeyNumbers::add(std::string_view key) {
  auto found = map_->numbers.find(key);
  if (found != map_->numbers.end()) return {found->second, false};
  uint32_t number = static_cast<uint32_t>(map_->numbers.size());
  map_->numbers.emplace(std::string(key), number);
  return {number, true};
}

uint32_t KeyNumbers::find(std::string_view key) const {
  auto found = map_->numbers.find(key);
  return found == map_->numbers.end() ? kNone : found->second;
}

size_t KeyNumbers::size() const { return map_->numbers.size(); }

LabelKey::LabelKey(bool keep, std::vector<std::string> names, bool hide_dropped_names)
    : keep_(keep), names_(std::move(names)), hide_dropped_names_(hide_dropped_names) {}

void LabelKey::write(const SeriesMeta& meta, std::string& key) const {
  key.clear();
  if (keep_ && names_.empty()) return;
  bool hide = meta.drop_name && hide_dropped_names_;
  size_t at = 0;  // labels and names are both sorted
  for (const auto& [name, value] : meta.labels) {
    while (at < names_.size() && names_[at] < name) ++at;
    bool named = at < names_.size() && names_[at] == name;
    if (keep_ && at == names_.size()) return;
    if (named != keep_) continue;
    if (hide && is_name_label(name)) continue;
    if (!keep_ && name == model::kMetricName) continue;
    model::append_packed(key, name, value);
  }
}

Groups make_groups(const Context& context, const plan::Aggregate& aggregate,
                   std::span<const SeriesMeta> series) {
  LabelKey key(!aggregate.without, aggregate.grouping, !context.delayed_name_removal);
  Groups groups;
  groups.of_series.reserve(series.size());
  KeyNumbers numbers;
  std::string packed;
  for (const auto& meta : series) {
    key.write(meta, packed);
    auto [number, added] = numbers.add(packed);
    if (added) groups.labels.emplace_back(packed);
    groups.of_series.push_back(number);
  }
  return groups;
}

}  // namespace gnomon::exec
