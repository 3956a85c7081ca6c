#include "src/model/labels.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "src/base/text.h"

namespace gnomon::model {
namespace {

using OwnedLabel = std::pair<std::string, std::string>;

constexpr unsigned char kLongLength = 0xff;

// A length prefix at `at`: reads it and moves behind it.
inline size_t take_length(const char*& at) {
  const auto first = static_cast<unsigned char>(*at++);
  if (first != kLongLength) return first;
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  at += 3;
  return bytes[0] | static_cast<size_t>(bytes[1]) << 8 | static_cast<size_t>(bytes[2]) << 16;
}

inline std::string_view take_string(const char*& at) {
  const size_t size = take_length(at);
  const std::string_view text(at, size);
  at += size;
  return text;
}

void append_sized(std::string& out, std::string_view text) {
  const size_t size = text.size();
  if (size < kLongLength) {
    out.push_back(static_cast<char>(size));
  } else {
    out.push_back(static_cast<char>(kLongLength));
    for (int shift : {0, 8, 16}) out.push_back(static_cast<char>(size >> shift & 0xff));
  }
  out.append(text);
}

// The first byte where they differ, or the size of the shorter.
size_t mismatch(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t x, y;
    std::memcpy(&x, a.data() + i, 8);
    std::memcpy(&y, b.data() + i, 8);
    if (x != y) return i + static_cast<size_t>(std::countr_zero(x ^ y)) / 8;
  }
  while (i < size && a[i] == b[i]) ++i;
  return i;
}

void append_label(std::string& out, Label label) {
  out.append(legacy_label_name(label.name) ? std::string(label.name) : base::quote(label.name));
  out.append("=").append(base::quote(label.value));
}

Labels pack(const std::vector<OwnedLabel>& sorted) {
  std::string packed;
  for (const auto& [name, value] : sorted) {
    if (!value.empty()) append_packed(packed, name, value);
  }
  return Labels(std::move(packed));
}

bool by_name(const OwnedLabel& a, const OwnedLabel& b) { return a.first < b.first; }

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Labels filter(const Labels& labels, std::span<const std::string> names, bool keep) {
  std::string packed;
  for (const Label label : labels) {
    if (contains(names, label.name) == keep) append_packed(packed, label.name, label.value);
  }
  return packed.size() == labels.packed().size() ? labels : Labels(std::move(packed));
}

bool legacy_name(std::string_view name, bool colon) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [colon](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colon && c == ':');
  });
}

}  // namespace

void append_packed(std::string& out, std::string_view name, std::string_view value) {
  append_sized(out, name);
  append_sized(out, value);
}

Label LabelsView::Iterator::operator*() const {
  const char* at = at_;
  const std::string_view name = take_string(at);
  return {name, take_string(at)};
}

LabelsView::Iterator& LabelsView::Iterator::operator++() {
  at_ += take_length(at_);
  at_ += take_length(at_);
  return *this;
}

size_t LabelsView::size() const {
  size_t count = 0;
  for (auto it = begin(); it != end(); ++it) ++count;
  return count;
}

std::string_view LabelsView::get(std::string_view name) const {
  const char* at = packed_.data();
  const char* const end = at + packed_.size();
  while (at != end) {
    const std::string_view candidate = take_string(at);
    if (candidate == name) return take_string(at);
    if (candidate > name) break;
    at += take_length(at);
  }
  return {};
}

std::strong_ordering compare(LabelsView a, LabelsView b) {
  const std::string_view x = a.packed();
  const std::string_view y = b.packed();
  const size_t differs = mismatch(x, y);
  // Equal bytes up to the end of one: fields end together, so that one is a prefix of the other.
  if (differs == std::min(x.size(), y.size())) return x.size() <=> y.size();
  // Lengths come before contents, so the order of bytes is not the order of strings: find the name
  // or value that holds the difference and compare that.
  const char* at = x.data();
  const char* field = at;
  while (at <= x.data() + differs) {
    field = at;
    at += take_length(at);
  }
  const char* x_at = field;
  const char* y_at = y.data() + (field - x.data());
  return take_string(x_at) <=> take_string(y_at);
}

std::string to_string(LabelsView labels) {
  std::string out = "{";
  for (const Label label : labels) {
    if (out.size() > 1) out.append(", ");
    append_label(out, label);
  }
  out.push_back('}');
  return out;
}

std::string to_metric_string(LabelsView labels) {
  const std::string_view name = labels.get(kMetricName);
  const bool bare = legacy_metric_name(name);
  std::string inside;
  if (!bare && !name.empty()) inside = base::quote(name);
  for (const Label label : labels) {
    if (label.name == kMetricName) continue;
    if (!inside.empty()) inside.append(", ");
    append_label(inside, label);
  }
  std::string out(bare ? name : "");
  if (!bare || !inside.empty()) out.append("{").append(inside).append("}");
  return out;
}

Labels::Labels(std::string packed) {
  if (!packed.empty()) bytes_ = std::make_shared<const std::string>(std::move(packed));
}

Labels Labels::from(std::vector<OwnedLabel> labels) {
  std::stable_sort(labels.begin(), labels.end(), by_name);
  // Of equal names the last one counts.
  std::vector<OwnedLabel> unique;
  unique.reserve(labels.size());
  for (OwnedLabel& label : labels) {
    if (!unique.empty() && unique.back().first == label.first) unique.pop_back();
    unique.push_back(std::move(label));
  }
  return pack(unique);
}

Labels Labels::from(std::initializer_list<OwnedLabel> labels) {
  return from(std::vector<OwnedLabel>(labels));
}

Labels keep_labels(const Labels& labels, std::span<const std::string> names) {
  return filter(labels, names, true);
}

Labels drop_labels(const Labels& labels, std::span<const std::string> names) {
  return filter(labels, names, false);
}

LabelsBuilder::LabelsBuilder(LabelsView base) {
  for (const Label label : base) labels_.emplace_back(label.name, label.value);
}

LabelsBuilder& LabelsBuilder::set(std::string_view name, std::string_view value) {
  const auto at =
      std::lower_bound(labels_.begin(), labels_.end(), name,
                       [](const OwnedLabel& l, std::string_view n) { return l.first < n; });
  const bool found = at != labels_.end() && at->first == name;
  if (value.empty()) {
    if (found) labels_.erase(at);
  } else if (found) {
    at->second.assign(value);
  } else {
    labels_.emplace(at, name, value);
  }
  return *this;
}

std::string_view LabelsBuilder::get(std::string_view name) const {
  for (const auto& [key, value] : labels_) {
    if (key == name) return value;
  }
  return {};
}

Labels LabelsBuilder::build() const { return pack(labels_); }

uint64_t hash64(LabelsView labels) {
  return XXH64(labels.packed().data(), labels.packed().size(), 0);
}

Hash128 hash128(LabelsView labels) {
  const XXH128_hash_t hash = XXH3_128bits(labels.packed().data(), labels.packed().size());
  return {hash.low64, hash.high64};
}

size_t LabelsHash::operator()(const Labels& labels) const { return (*this)(labels.packed()); }

size_t LabelsHash::operator()(std::string_view packed) const {
  return XXH3_64bits(packed.data(), packed.size());
}

bool valid_label_name(std::string_view name) { return !name.empty() && base::valid_utf8(name); }
bool legacy_label_name(std::string_view name) { return legacy_name(name, false); }
bool legacy_metric_name(std::string_view name) { return legacy_name(name, true); }

}  // namespace gnomon::model
