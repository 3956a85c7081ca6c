#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gnomon::model {

inline constexpr std::string_view kMetricName = "__name__";
inline constexpr std::string_view kTypeLabel = "__type__";
inline constexpr std::string_view kUnitLabel = "__unit__";

struct Label {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const Label&, const Label&) = default;
};

// Packed labels: for each label, sorted by name, no empty value: len(name) name len(value) value, a
// length being one byte, or 0xFF and three bytes little-endian from 255 on. This is the byte layout
// of Prometheus' stringlabels build, so that hashes of it are the same numbers.
void append_packed(std::string& out, std::string_view name, std::string_view value);

// A view of packed labels; valid as long as the bytes are.
class LabelsView {
 public:
  class Iterator {
   public:
    using value_type = Label;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(const char* at) : at_(at) {}
    Label operator*() const;
    Iterator& operator++();
    Iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const char* at_ = nullptr;
  };

  LabelsView() = default;
  explicit LabelsView(std::string_view packed) : packed_(packed) {}

  Iterator begin() const { return Iterator(packed_.data()); }
  Iterator end() const { return Iterator(packed_.data() + packed_.size()); }
  bool empty() const { return packed_.empty(); }
  size_t size() const;                                // number of labels; walks them
  std::string_view get(std::string_view name) const;  // "" when absent
  bool has(std::string_view name) const { return !get(name).empty(); }
  std::string_view packed() const { return packed_; }

 private:
  std::string_view packed_;
};

// Prometheus' labels.Compare: name, then value, label by label; a prefix comes first.
std::strong_ordering compare(LabelsView a, LabelsView b);

// {__name__="up", job="a"} as Prometheus prints labels in messages:
// `up{job="a"}`-style is to_metric_string, `{__name__="up", job="a"}` is to_string.
std::string to_string(LabelsView labels);
std::string to_metric_string(LabelsView labels);

// An immutable label set. Copying shares; all members are safe from any thread.
class Labels {
 public:
  Labels() = default;
  explicit Labels(std::string packed);  // packed must be valid: sorted, no empty values
  // Sorts; drops labels with empty values; a repeated name keeps the last value.
  static Labels from(std::vector<std::pair<std::string, std::string>> labels);
  static Labels from(std::initializer_list<std::pair<std::string, std::string>> labels);

  LabelsView view() const { return LabelsView(packed()); }
  std::string_view packed() const { return bytes_ ? std::string_view(*bytes_) : ""; }
  std::string_view get(std::string_view name) const { return view().get(name); }
  bool has(std::string_view name) const { return view().has(name); }
  bool empty() const { return packed().empty(); }
  LabelsView::Iterator begin() const { return view().begin(); }
  LabelsView::Iterator end() const { return view().end(); }

  friend bool operator==(const Labels& a, const Labels& b) { return a.packed() == b.packed(); }
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
    return compare(a.view(), b.view());
  }

 private:
  std::shared_ptr<const std::string> bytes_;
};

inline std::string to_string(const Labels& labels) { return to_string(labels.view()); }

// `keep`: only those names (sorted or not); `drop`: all but those names.
Labels keep_labels(const Labels& labels, std::span<const std::string> names);
Labels drop_labels(const Labels& labels, std::span<const std::string> names);

// Changes a label set: set with an empty value deletes.
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(LabelsView base);
  LabelsBuilder& set(std::string_view name, std::string_view value);
  LabelsBuilder& remove(std::string_view name) { return set(name, ""); }
  std::string_view get(std::string_view name) const;
  Labels build() const;

 private:
  std::vector<std::pair<std::string, std::string>> labels_;  // sorted by name
};

// XXH64 of the packed bytes: limit_ratio's hash.
uint64_t hash64(LabelsView labels);

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};
// XXH3-128 of the packed bytes: the identity of a series.
Hash128 hash128(LabelsView labels);

struct LabelsHash {
  size_t operator()(const Labels& labels) const;
  size_t operator()(std::string_view packed) const;
};

// Any non-empty valid UTF-8 string is a label name in Prometheus 3.
bool valid_label_name(std::string_view name);
// [a-zA-Z_][a-zA-Z0-9_]* and, for metrics, also ':': printed without quotes.
bool legacy_label_name(std::string_view name);
bool legacy_metric_name(std::string_view name);

}  // namespace gnomon::model
