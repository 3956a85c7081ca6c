#include <map>
#include <sstream>

#include "src/base/text.h"
#include "tests/conformance/script.h"

namespace gnomon::conformance {
namespace {

using Buckets = std::map<int32_t, double>;  // bucket index -> count

Error bad(std::string message) { return {ErrorKind::BadData, std::move(message)}; }

Buckets buckets_of(const std::vector<model::BucketSpan>& spans, const std::vector<double>& counts) {
  Buckets found;
  int32_t index = 0;
  size_t at = 0;
  for (const model::BucketSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i) found[index++] = counts[at++];
  }
  return found;
}

void set_buckets(const Buckets& buckets, std::vector<model::BucketSpan>& spans,
                 std::vector<double>& counts) {
  spans.clear();
  counts.clear();
  int32_t next = 0;
  for (const auto& [index, count] : buckets) {
    if (spans.empty() || index != next) {
      spans.push_back({index - next, 1});
    } else {
      ++spans.back().length;
    }
    counts.push_back(count);
    next = index + 1;
  }
}

Result<std::vector<double>> numbers(std::string_view list) {
  std::istringstream words{std::string(list)};
  std::vector<double> found;
  for (std::string word; words >> word;) {
    const auto number = base::parse_float(word);
    if (!number) return bad("not a number in a histogram: " + word);
    found.push_back(*number);
  }
  return found;
}

Result<model::CounterResetHint> hint_of(std::string_view word) {
  if (word == "unknown") return model::CounterResetHint::Unknown;
  if (word == "reset") return model::CounterResetHint::Reset;
  if (word == "not_reset") return model::CounterResetHint::NotReset;
  if (word == "gauge") return model::CounterResetHint::Gauge;
  return bad("unknown counter_reset_hint " + std::string(word));
}

// The fields of {{ }}: name -> list of numbers; the hint apart, because it is a word.
struct Fields {
  std::map<std::string, std::vector<double>, std::less<>> lists;
  std::string hint = "unknown";

  double number(std::string_view name) const {
    const auto found = lists.find(name);
    return found == lists.end() || found->second.empty() ? 0 : found->second[0];
  }
  Buckets buckets(std::string_view name, std::string_view offset) const {
    Buckets made;
    const auto found = lists.find(name);
    if (found == lists.end()) return made;
    auto index = static_cast<int32_t>(number(offset));
    for (double count : found->second) made[index++] = count;
    return made;
  }
};

Result<Fields> read_fields(std::string_view text) {
  Fields fields;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return fields;
    const size_t colon = text.find(':');
    if (colon == text.npos) return bad("no ':' in histogram field " + std::string(text));
    const std::string name(text.substr(0, colon));
    text.remove_prefix(colon + 1);
    const bool list = text.starts_with('[');
    const size_t end = list ? text.find(']') : std::min(text.find(' '), text.size());
    if (end == text.npos) return bad("no ']' in a histogram");
    const std::string_view value = text.substr(list ? 1 : 0, end - (list ? 1 : 0));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name == "counter_reset_hint") {
      fields.hint = value;
      continue;
    }
    TRY(fields.lists[name], numbers(value));
  }
}

void add_buckets(Buckets& into, const Buckets& from, double sign) {
  for (const auto& [index, count] : from) into[index] += sign * count;
}

}  // namespace

Result<model::Histogram> parse_histogram(std::string_view text) {
  TRY(const Fields fields, read_fields(text));
  for (const auto& [name, list] : fields.lists) {
    if (name != "schema" && name != "sum" && name != "count" && name != "z_bucket" &&
        name != "z_bucket_w" && name != "custom_values" && name != "buckets" && name != "offset" &&
        name != "n_buckets" && name != "n_offset") {
      return bad("unknown histogram field " + name);
    }
  }
  model::Histogram histogram;
  TRY(histogram.hint, hint_of(fields.hint));
  histogram.schema = static_cast<int32_t>(fields.number("schema"));
  histogram.sum = fields.number("sum");
  histogram.count = fields.number("count");
  histogram.zero_count = fields.number("z_bucket");
  histogram.zero_threshold = fields.number("z_bucket_w");
  if (const auto found = fields.lists.find("custom_values"); found != fields.lists.end()) {
    histogram.custom_values = found->second;
  }
  set_buckets(fields.buckets("buckets", "offset"), histogram.positive_spans,
              histogram.positive_buckets);
  set_buckets(fields.buckets("n_buckets", "n_offset"), histogram.negative_spans,
              histogram.negative_buckets);
  return histogram;
}

Result<model::Histogram> combine(const model::Histogram& a, const model::Histogram& b,
                                 double sign) {
  if (a.schema != b.schema || a.custom_values != b.custom_values ||
      a.zero_threshold != b.zero_threshold) {
    return bad("histograms of different layout in one item");
  }
  model::Histogram sum = a;
  sum.count += sign * b.count;
  sum.sum += sign * b.sum;
  sum.zero_count += sign * b.zero_count;
  Buckets positive = buckets_of(a.positive_spans, a.positive_buckets);
  Buckets negative = buckets_of(a.negative_spans, a.negative_buckets);
  add_buckets(positive, buckets_of(b.positive_spans, b.positive_buckets), sign);
  add_buckets(negative, buckets_of(b.negative_spans, b.negative_buckets), sign);
  set_buckets(positive, sum.positive_spans, sum.positive_buckets);
  set_buckets(negative, sum.negative_spans, sum.negative_buckets);
  return sum;
}

}  // namespace gnomon::conformance
