#include "src/model/annotations.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <limits>
#include <tuple>

#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::model {
namespace {

constexpr std::string_view kMonotonicityText =
    "input to histogram_quantile needed to be fixed for monotonicity (see "
    "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";

// How often it was said is shown with it.
constexpr std::string_view kOverlapText =
    "sample has start time that overlaps with previous sample timestamp";

std::string rfc3339(int64_t time_ms) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
}

std::string two_digits(double v) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.2g", v);
  return {text.data(), static_cast<size_t>(size)};
}

// Operands are evaluated before what is around them, left ones before right ones.
bool evaluated_later(const PositionRange& a, const PositionRange& b) {
  return a.end != b.end ? a.end > b.end : a.start < b.start;
}

}  // namespace

void Annotations::add(Severity severity, std::string text, PositionRange position) {
  Entry entry;
  entry.severity = severity;
  entry.text = std::move(text);
  entry.position = position;
  entry.samples = 1;
  put(std::move(entry));
}

void Annotations::add_monotonicity(std::string metric_suffix, PositionRange position,
                                   double from_bucket, double to_bucket, double max_diff,
                                   int64_t time_ms) {
  Entry entry;
  entry.severity = Severity::Info;
  entry.monotonicity = true;
  entry.text = std::string(kMonotonicityText) + metric_suffix;
  entry.position = position;
  entry.from_bucket = from_bucket;
  entry.to_bucket = to_bucket;
  entry.max_diff = max_diff;
  entry.time_min_ms = entry.time_max_ms = time_ms;
  entry.samples = 1;
  put(std::move(entry));
}

void Annotations::add_plain(std::string text) {
  Entry entry;
  entry.severity = Severity::Warning;
  entry.plain = true;
  entry.text = std::move(text);
  put(std::move(entry));
}

void Annotations::put(Entry entry) {
  const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return e.severity == entry.severity && e.plain == entry.plain && e.text == entry.text;
  });
  if (same == entries_.end()) {
    entries_.push_back(std::move(entry));
    return;
  }
  // What is counted stays where it was said first.
  const bool counted = entry.monotonicity || entry.text.starts_with(kOverlapText);
  if (evaluated_later(entry.position, same->position) != counted) same->position = entry.position;
  same->samples += entry.samples;
  if (!entry.monotonicity) return;
  same->from_bucket = std::min(same->from_bucket, entry.from_bucket);
  same->to_bucket = std::max(same->to_bucket, entry.to_bucket);
  same->max_diff = std::max(same->max_diff, entry.max_diff);
  same->time_min_ms = std::min(same->time_min_ms, entry.time_min_ms);
  same->time_max_ms = std::max(same->time_max_ms, entry.time_max_ms);
}

void Annotations::merge(const Annotations& other) {
  for (const Entry& entry : other.entries_) put(entry);
}

bool Annotations::empty() const { return entries_.empty(); }

std::string Annotations::render(const Entry& entry, std::string_view query) {
  if (entry.plain) return entry.text;
  std::string out = entry.severity == Severity::Info ? "PromQL info: " : "PromQL warning: ";
  out.append(entry.text);
  if (entry.monotonicity) {
    out.append(", from buckets ").append(base::format_float_g(entry.from_bucket));
    out.append(" to ").append(base::format_float_g(entry.to_bucket));
    out.append(", with a max diff of ").append(two_digits(entry.max_diff));
    out.append(", over ").append(std::to_string(entry.samples)).append(" samples from ");
    out.append(rfc3339(entry.time_min_ms)).append(" to ").append(rfc3339(entry.time_max_ms));
  }
  if (entry.samples > 1 && entry.text.starts_with(kOverlapText)) {
    out.append(" (").append(std::to_string(entry.samples)).append(" occurrences)");
  }
  return out.append(" (").append(line_and_column(query, entry.position.start)).append(")");
}

std::vector<std::string> Annotations::render(Severity severity, std::string_view query) const {
  std::vector<const Entry*> entries;
  for (const Entry& entry : entries_) {
    if (entry.severity == severity) entries.push_back(&entry);
  }
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) {
    return std::tie(a->plain, a->position.start, a->text) <
           std::tie(b->plain, b->position.start, b->text);
  });
  const size_t shown = std::min(entries.size(), base::kAnnotationsPerAnswerMax);
  std::vector<std::string> out;
  for (size_t i = 0; i < shown; ++i) out.push_back(render(*entries[i], query));
  if (const size_t omitted = entries.size() - shown; omitted > 0) {
    const std::string_view noun = severity == Severity::Info ? "info" : "warning";
    out.push_back(std::to_string(omitted) + " more " + std::string(noun) + " annotations omitted");
  }
  return out;
}

std::vector<std::string> Annotations::warnings(std::string_view query) const {
  return render(Severity::Warning, query);
}

std::vector<std::string> Annotations::infos(std::string_view query) const {
  return render(Severity::Info, query);
}

std::string line_and_column(std::string_view query, int32_t offset) {
  if (query.empty()) return "unknown position";
  if (offset < 0 || static_cast<size_t>(offset) > query.size()) return "invalid position";
  const std::string_view before = query.substr(0, static_cast<size_t>(offset));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_break = before.rfind('\n');
  const size_t column =
      line_break == std::string_view::npos ? before.size() + 1 : before.size() - line_break;
  return std::to_string(line) + ":" + std::to_string(column);
}

}  // namespace gnomon::model
