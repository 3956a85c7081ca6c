#include "src/model/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <vector>

#include "src/base/text.h"

namespace gnomon::model {

struct Regex::Program {
  Program(const re2::StringPiece& pattern, const RE2::Options& options)
      : re(pattern, options), groups(re.NumberOfCapturingGroups()) {}
  RE2 re;
  int groups;
};

namespace {

Error bad_regex(std::string_view what, std::string_view part) {
  return {ErrorKind::BadData,
          "error parsing regexp: " + std::string(what) + ": `" + std::string(part) + "`"};
}

// Go's words for RE2's codes.
std::string_view error_words(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    default:
      return "expression too large";
  }
}

// The text from the first byte on that is not UTF-8.
std::string_view from_invalid_utf8(std::string_view text) {
  while (!text.empty()) {
    size_t bytes = 1;
    while (bytes <= 4 && !base::valid_utf8(text.substr(0, bytes))) ++bytes;
    if (bytes > 4) break;
    text.remove_prefix(std::min(bytes, text.size()));
  }
  return text;
}

// Where Go's syntax and RE2's differ: Go has (?<name>...), which this RE2 writes (?P<name>...), and
// has not \C, one byte.
Result<std::string> to_re2_syntax(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char escaped = pattern[i + 1];
      if (escaped == 'C') return bad_regex("invalid escape sequence", "\\C");
      const size_t end = escaped == 'Q' ? std::min(pattern.find("\\E", i), pattern.size()) : i + 2;
      out.append(pattern.substr(i, end - i));
      i = end - 1;
      continue;
    }
    out.push_back(c);
    if (c == '[' && !in_class) {
      in_class = true;
      // A bracket right at the begin of a class is a member.
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') out.push_back(pattern[++i]);
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') out.push_back(pattern[++i]);
    } else if (c == ']') {
      in_class = false;
    } else if (c == '(' && !in_class && pattern.substr(i, 3) == "(?<") {
      const char next = i + 3 < pattern.size() ? pattern[i + 3] : '=';
      if (next != '=' && next != '!') {
        out.append("?P");
        ++i;
      }
    }
  }
  return out;
}

struct Reference {
  std::string_view name;
  size_t bytes = 0;  // of "name" or "{name}"; 0: not a reference
};

// What follows a `$`: the longest name of letters, digits and underscores, or one in braces.
Reference read_reference(std::string_view text) {
  const bool braces = !text.empty() && text[0] == '{';
  const size_t begin = braces ? 1 : 0;
  size_t end = begin;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
                               text[end] == '_' || static_cast<signed char>(text[end]) < 0)) {
    ++end;
  }
  if (end == begin || (braces && (end == text.size() || text[end] != '}'))) return {};
  return {text.substr(begin, end - begin), braces ? end + 1 : end};
}

std::string_view group_text(const RE2& re, const std::vector<re2::StringPiece>& groups,
                            std::string_view name) {
  int number = -1;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) {
    const auto& named = re.NamedCapturingGroups();
    const auto found = named.find(std::string(name));
    if (found == named.end()) return {};
    number = found->second;
  }
  if (number < 0 || static_cast<size_t>(number) >= groups.size()) return {};
  const re2::StringPiece& group = groups[static_cast<size_t>(number)];
  return {group.data(), group.size()};
}

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern) {
  if (!base::valid_utf8(pattern)) return bad_regex("invalid UTF-8", from_invalid_utf8(pattern));
  TRY(const std::string text, to_re2_syntax(pattern));
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  auto program = std::make_shared<const Program>(text, options);
  if (!program->re.ok()) {
    return bad_regex(error_words(program->re.error_code()), program->re.error_arg());
  }
  return Regex(std::move(program));
}

bool Regex::matches(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  return program_->re.Match(piece, 0, piece.size(), RE2::ANCHOR_BOTH, nullptr, 0);
}

std::optional<std::string> Regex::expand(std::string_view text,
                                         std::string_view replacement) const {
  const RE2& re = program_->re;
  const re2::StringPiece piece(text.data(), text.size());
  std::vector<re2::StringPiece> groups(static_cast<size_t>(program_->groups) + 1);
  if (!re.Match(piece, 0, piece.size(), RE2::ANCHOR_BOTH, groups.data(),
                static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  std::string out;
  while (!replacement.empty()) {
    const size_t dollar = replacement.find('$');
    out.append(replacement.substr(0, dollar));
    if (dollar == std::string_view::npos) break;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out.push_back('$');
      replacement.remove_prefix(1);
      continue;
    }
    const Reference reference = read_reference(replacement);
    if (reference.bytes == 0) {
      out.push_back('$');
      continue;
    }
    out.append(group_text(re, groups, reference.name));
    replacement.remove_prefix(reference.bytes);
  }
  return out;
}

}  // namespace gnomon::model
