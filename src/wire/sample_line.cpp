#include "src/wire/sample_line.h"

#include <array>
#include <cstdint>

namespace gnomon::wire {
namespace {

using Fault = std::optional<std::string>;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

enum : uint8_t { kLetter = 1, kDigit = 2, kColon = 4 };

constexpr std::array<uint8_t, 256> name_classes() {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = kLetter;
  for (size_t c = '0'; c <= '9'; ++c) classes[c] = kDigit;
  classes['_'] = kLetter;
  classes[':'] = kColon;
  return classes;
}
constexpr std::array<uint8_t, 256> kNameClasses = name_classes();

std::string_view take_name(std::string_view& rest, bool colon) {
  const char* const begin = rest.data();
  const char* const end = begin + rest.size();
  const char* at = begin;
  int allowed = colon ? kLetter | kColon : kLetter;
  while (at != end && (kNameClasses[static_cast<unsigned char>(*at)] & allowed) != 0) {
    allowed |= kDigit;
    ++at;
  }
  const auto size = static_cast<size_t>(at - begin);
  rest.remove_prefix(size);
  return {begin, size};
}

std::string_view take_word(std::string_view& rest) {
  size_t size = 0;
  while (size < rest.size() && !is_blank(rest[size])) ++size;
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size);
  return word;
}

bool take(std::string_view& rest, char c) {
  skip_blanks(rest);
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == '\\' || next == '"' || next == 'n')) {
      out.push_back(next == 'n' ? '\n' : next);
      ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// What follows `{`, up to and with `}`. A quoted text alone is the metric name; name == nullptr:
// there can be none.
Fault take_labels(std::string_view& rest, std::string_view* name, std::vector<model::Label>& labels,
                  std::deque<std::string>& unescaped) {
  while (!take(rest, '}')) {
    const bool quoted = rest.starts_with('"');
    std::string_view key;
    if (quoted) {
      const auto text = take_quoted(rest, unescaped);
      if (!text) return "unterminated quoted name";
      key = *text;
    } else {
      key = take_name(rest, false);
      if (key.empty()) return "expected label name";
    }
    skip_blanks(rest);
    if (quoted && name != nullptr && (rest.starts_with(',') || rest.starts_with('}'))) {
      if (!name->empty()) return "metric name already set";
      *name = key;
    } else {
      if (!take(rest, '=')) return "expected equal";
      skip_blanks(rest);
      const auto value = take_quoted(rest, unescaped);
      if (!value) return "expected label value";
      labels.push_back({key, *value});
    }
    skip_blanks(rest);
    if (!rest.starts_with('}') && !take(rest, ',')) return "expected comma or closing brace";
  }
  return std::nullopt;
}

}  // namespace

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
}

std::string_view take_metric_name(std::string_view& rest) { return take_name(rest, true); }

std::optional<std::string_view> take_quoted(std::string_view& rest,
                                            std::deque<std::string>& unescaped) {
  if (!rest.starts_with('"')) return std::nullopt;
  bool escapes = false;
  const char* const begin = rest.data() + 1;
  const char* const end = rest.data() + rest.size();
  const char* at = begin;
  while (at != end && *at != '"') {
    if (*at == '\\') {
      escapes = true;
      if (++at == end) return std::nullopt;
    }
    ++at;
  }
  if (at == end) return std::nullopt;
  std::string_view text(begin, static_cast<size_t>(at - begin));
  rest.remove_prefix(text.size() + 2);
  if (escapes) text = unescaped.emplace_back(unescape(text));
  return text;
}

Fault SampleLine::parse(std::string_view line) {
  labels.clear();
  exemplar_labels.clear();
  unescaped.clear();
  has_exemplar = false;
  exemplar_timestamp = {};

  std::string_view rest = line;
  name = take_metric_name(rest);
  if (name.empty() && !rest.starts_with('{')) return "expected a valid start token";
  if (take(rest, '{')) {
    if (Fault fault = take_labels(rest, &name, labels, unescaped)) return fault;
  }
  if (name.empty()) return "metric name not set";
  series = line.substr(0, line.size() - rest.size());
  skip_blanks(rest);
  value = take_word(rest);
  if (value.empty()) return "expected value after metric";
  skip_blanks(rest);
  timestamp = rest.starts_with('#') ? std::string_view() : take_word(rest);
  if (take(rest, '#')) {
    has_exemplar = true;
    if (!take(rest, '{')) return "expected labels of an exemplar";
    if (Fault fault = take_labels(rest, nullptr, exemplar_labels, unescaped)) return fault;
    skip_blanks(rest);
    exemplar_value = take_word(rest);
    if (exemplar_value.empty()) return "expected value after exemplar labels";
    skip_blanks(rest);
    exemplar_timestamp = take_word(rest);
  }
  skip_blanks(rest);
  if (!rest.empty()) return "expected next entry after timestamp";
  return std::nullopt;
}

}  // namespace gnomon::wire
