#include "src/functions/label_expand.h"

#include <re2/re2.h>

#include <vector>

namespace gnomon::functions {
namespace {

constexpr int kNoGroup = -1;

// Text, or the content of a group.
struct Piece {
  std::string text;
  int group = kNoGroup;
};

// The name of a variable: letters, digits and underscores of any script.
const RE2& variable_pattern() {
  static const RE2 pattern("[\\pL\\p{Nd}_]+");
  return pattern;
}

int group_of(const std::string& name, const RE2& regex) {
  int number = 0;
  for (char c : name) {
    if (c < '0' || c > '9' || number >= 100'000'000) {
      number = kNoGroup;
      break;
    }
    number = number * 10 + (c - '0');
  }
  if (name[0] == '0' && name.size() > 1) number = kNoGroup;
  if (number != kNoGroup) return number <= regex.NumberOfCapturingGroups() ? number : kNoGroup;
  const auto& names = regex.NamedCapturingGroups();
  auto found = names.find(name);
  return found == names.end() ? kNoGroup : found->second;
}

// The variable that `rest` (behind a dollar sign) begins with, cut off; false when there is none.
bool take_variable(std::string_view& rest, std::string& name) {
  std::string_view at = rest;
  const bool brace = at.starts_with('{');
  if (brace) at.remove_prefix(1);
  re2::StringPiece text(at.data(), at.size());
  if (!RE2::Consume(&text, "(" + variable_pattern().pattern() + ")", &name)) return false;
  at.remove_prefix(name.size());
  if (brace) {
    if (!at.starts_with('}')) return false;
    at.remove_prefix(1);
  }
  rest = at;
  return true;
}

std::vector<Piece> parse_template(std::string_view rest, const RE2& regex) {
  std::vector<Piece> pieces;
  auto append = [&pieces](std::string_view text) {
    if (text.empty()) return;
    if (pieces.empty() || pieces.back().group != kNoGroup) pieces.emplace_back();
    pieces.back().text += text;
  };
  while (true) {
    const size_t dollar = rest.find('$');
    append(rest.substr(0, dollar));
    if (dollar == std::string_view::npos) return pieces;
    rest.remove_prefix(dollar + 1);
    std::string name;
    if (rest.starts_with('$')) {
      append("$");
      rest.remove_prefix(1);
    } else if (take_variable(rest, name)) {
      const int group = group_of(name, regex);
      if (group != kNoGroup) pieces.push_back({"", group});
    } else {
      append("$");
    }
  }
}

RE2::Options regex_options() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace

struct LabelReplacer::Program {
  explicit Program(std::string_view pattern)
      : regex("(?s:" + std::string(pattern) + ")", regex_options()) {}

  RE2 regex;
  std::vector<Piece> pieces;
};

Result<LabelReplacer> LabelReplacer::create(std::string_view regex, std::string_view replacement) {
  auto program = std::make_shared<Program>(regex);
  if (!program->regex.ok()) {
    return Error{ErrorKind::Execution,
                 "invalid regular expression in label_replace(): " + std::string(regex)};
  }
  program->pieces = parse_template(replacement, program->regex);
  return LabelReplacer(std::move(program));
}

bool LabelReplacer::replace(std::string_view source, std::string& out) const {
  const RE2& regex = program_->regex;
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  const re2::StringPiece text(source.data(), source.size());
  if (!regex.Match(text, 0, source.size(), RE2::ANCHOR_BOTH, groups.data(),
                   static_cast<int>(groups.size()))) {
    return false;
  }
  std::string expanded;
  for (const Piece& piece : program_->pieces) {
    if (piece.group == kNoGroup) {
      expanded += piece.text;
    } else {
      const re2::StringPiece& group = groups[static_cast<size_t>(piece.group)];
      expanded.append(group.data() == nullptr ? "" : group.data(), group.size());
    }
  }
  out = std::move(expanded);
  return true;
}

}  // namespace gnomon::functions
