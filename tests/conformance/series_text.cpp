#include <charconv>
#include <regex>

#include "src/base/text.h"
#include "tests/conformance/script.h"

namespace gnomon::conformance {
namespace {

Error bad(std::string message) { return {ErrorKind::BadData, std::move(message)}; }

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::string_view take_name(std::string_view& text, bool colons) {
  size_t length = 0;
  while (length < text.size() && (std::isalnum(static_cast<unsigned char>(text[length])) != 0 ||
                                  text[length] == '_' || (colons && text[length] == ':'))) {
    ++length;
  }
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

// "..." with \" \\ \n \t, '...' likewise, or `raw`.
Result<std::string> take_string(std::string_view& text) {
  const char quote = text.empty() ? ' ' : text[0];
  if (quote != '"' && quote != '\'' && quote != '`') return bad("expected a quoted string");
  std::string value;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] != '\\' || quote == '`') {
      value.push_back(text[i]);
      continue;
    }
    if (++i == text.size()) break;
    value.push_back(text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i]);
  }
  return bad("a quoted string does not end");
}

struct Braces {
  std::vector<std::pair<std::string, std::string>> labels;

  // One of: name="value", "quoted name"="value", "metric name".
  Result<void> take_label(std::string_view& text) {
    std::string name;
    const bool quoted = !text.empty() && (text[0] == '"' || text[0] == '\'' || text[0] == '`');
    if (quoted) {
      TRY(name, take_string(text));
    } else {
      name = take_name(text, false);
    }
    skip_blanks(text);
    if (!text.starts_with('=')) {
      if (!quoted) return bad("expected '=' after label " + name);
      labels.emplace_back(model::kMetricName, name);
      return {};
    }
    text.remove_prefix(1);
    skip_blanks(text);
    TRY(std::string value, take_string(text));
    labels.emplace_back(name, std::move(value));
    return {};
  }
};

// The end of the item's repeat count "x3", or 0 repeats when there is none.
Result<int> take_repeats(std::string_view& text) {
  if (!text.starts_with('x')) return 0;
  int repeats = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), repeats);
  if (error != std::errc()) return bad("expected a number after 'x'");
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return repeats;
}

Result<model::Histogram> take_histogram(std::string_view& text) {
  const size_t end = text.find("}}");
  if (end == text.npos) return bad("a histogram does not end");
  const std::string_view body = text.substr(2, end - 2);
  text.remove_prefix(end + 2);
  return parse_histogram(body);
}

Item histogram_item(model::Histogram histogram) {
  return {true, 0, std::make_shared<const model::Histogram>(std::move(histogram))};
}

// {{...}}, {{...}}x2, {{...}}+{{...}}x2
Result<void> take_histograms(std::string_view& text, std::vector<Item>& items) {
  TRY(model::Histogram current, take_histogram(text));
  std::optional<model::Histogram> increment;
  const double sign = text.starts_with('-') ? -1 : 1;
  if (text.starts_with("+{{") || text.starts_with("-{{")) {
    text.remove_prefix(1);
    TRY(increment, take_histogram(text));
    current.hint = increment->hint;
  }
  TRY(const int repeats, take_repeats(text));
  items.push_back(histogram_item(current));
  for (int i = 0; i < repeats; ++i) {
    if (increment) {
      TRY(current, combine(current, *increment, sign));
    }
    items.push_back(histogram_item(current));
  }
  return {};
}

Result<void> take_word(std::string_view word, std::vector<Item>& items) {
  static const std::string kNumber = R"((?:[0-9.]+(?:[eE][+-]?[0-9]+)?|[iI]nf|[nN]a[nN]))";
  static const std::regex kNumbers("([+-]?" + kNumber + ")([+-]" + kNumber + ")?(x[0-9]+)?");
  if (word == "stale") {
    items.push_back({true, model::kStale, nullptr});
    return {};
  }
  if (word.starts_with('_')) {
    word.remove_prefix(1);
    TRY(const int repeats, take_repeats(word));
    items.resize(items.size() + static_cast<size_t>(std::max(repeats, 1)));
    return {};
  }
  std::smatch match;
  const std::string text(word);
  if (!std::regex_match(text, match, kNumbers)) return bad("not a series value: " + text);
  const auto start = base::parse_float(match[1].str());
  const bool steps = match[2].length() > 0;
  const auto step = base::parse_float(steps ? match[2].str() : "0");
  if (!start || !step) return bad("not a number: " + text);
  const int repeats = match[3].length() > 0 ? std::stoi(match[3].str().substr(1)) : 0;
  double value = *start;
  items.push_back({true, value, nullptr});
  for (int i = 0; i < repeats; ++i) {
    if (steps) value += *step;  // adding 0 would lose the sign of -0
    items.push_back({true, value, nullptr});
  }
  return {};
}

}  // namespace

Result<model::Labels> take_metric(std::string_view& text) {
  Braces braces;
  const std::string_view name = take_name(text, true);
  if (!name.empty()) braces.labels.emplace_back(model::kMetricName, name);
  if (!text.starts_with('{')) return model::Labels::from(std::move(braces.labels));
  text.remove_prefix(1);
  while (true) {
    skip_blanks(text);
    if (text.starts_with('}')) break;
    TRY_VOID(braces.take_label(text));
    skip_blanks(text);
    if (text.starts_with(',')) {
      text.remove_prefix(1);
    } else if (!text.starts_with('}')) {
      return bad("expected ',' or '}' in a metric");
    }
  }
  text.remove_prefix(1);
  return model::Labels::from(std::move(braces.labels));
}

Result<std::vector<Item>> parse_items(std::string_view text) {
  std::vector<Item> items;
  while (true) {
    skip_blanks(text);
    if (text.empty()) return items;
    if (text.starts_with("{{")) {
      TRY_VOID(take_histograms(text, items));
      continue;
    }
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    TRY_VOID(take_word(text.substr(0, end), items));
    text.remove_prefix(end);
  }
}

}  // namespace gnomon::conformance
