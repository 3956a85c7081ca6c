#include "src/model/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>

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

std::optional<size_t> Regex::group(std::string_view name) const {
  const auto& named = program_->re.NamedCapturingGroups();
  const auto found = named.find(std::string(name));
  if (found == named.end()) return std::nullopt;
  return static_cast<size_t>(found->second);
}

size_t Regex::groups() const { return static_cast<size_t>(program_->groups); }

bool Regex::match(std::string_view text, std::vector<std::string_view>& groups) const {
  std::vector<re2::StringPiece> found(this->groups() + 1);
  const re2::StringPiece piece(text.data(), text.size());
  if (!program_->re.Match(piece, 0, piece.size(), RE2::ANCHOR_BOTH, found.data(),
                          static_cast<int>(found.size()))) {
    return false;
  }
  groups.clear();
  for (const re2::StringPiece& group : found) groups.emplace_back(group.data(), group.size());
  return true;
}

}  // namespace gnomon::model
