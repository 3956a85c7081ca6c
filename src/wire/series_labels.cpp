#include "src/wire/series_labels.h"

#include <algorithm>

#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::wire {
std::string SeriesLabels::print() const {
  std::string out = "{";
  for (const model::Label& label : labels_) {
    if (out.size() > 1) out.append(", ");
    if (out.size() > base::kRefusedLabelsBytesMax) {
      out.append("...");
      break;
    }
    const std::string_view name = label.name.substr(0, base::kRefusedLabelsBytesMax);
    out.append(model::legacy_label_name(name) ? std::string(name) : base::quote(name));
    out.append("=").append(base::quote(label.value.substr(0, base::kRefusedLabelsBytesMax)));
  }
  return out.append("}");
}

std::string SeriesLabels::fault(bool need_name) const {
  bool named = false;
  for (size_t i = 0; i < labels_.size(); ++i) {
    const auto& [name, value] = labels_[i];
    if (name.empty()) return "label without a name";
    if (name.size() > kPackedTextMax || value.size() > kPackedTextMax) return "label too long";
    if (!base::valid_utf8(name)) return "label name is not UTF-8";
    if (!base::valid_utf8(value)) return "value of label " + base::quote(name) + " is not UTF-8";
    if (i > 0 && name == labels_[i - 1].name) return "duplicate label " + base::quote(name);
    named = named || (name == model::kMetricName && !value.empty());
  }
  return named || !need_name ? "" : "no metric name";
}

std::string SeriesLabels::pack(std::string& out, bool need_name) {
  const auto by_name = [](const model::Label& a, const model::Label& b) { return a.name < b.name; };
  // Sorting takes memory, and most senders have sorted.
  if (!std::is_sorted(labels_.begin(), labels_.end(), by_name)) {
    std::stable_sort(labels_.begin(), labels_.end(), by_name);
  }
  std::string wrong = fault(need_name);
  if (!wrong.empty()) return "invalid labels: " + wrong + " in " + print();
  for (const model::Label& label : labels_) {
    if (!label.value.empty()) model::append_packed(out, label.name, label.value);
  }
  return {};
}

}  // namespace gnomon::wire
