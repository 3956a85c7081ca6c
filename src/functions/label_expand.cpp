#include "src/functions/label_expand.h"

#include <re2/re2.h>

#include <utility>
#include <vector>

#include "src/base/limits.h"
#include "src/model/regex.h"

namespace gnomon::functions {
namespace {

constexpr int kNoGroup = -1;

// Text, or the content of a group.
struct Piece {
  std::string text;
  int group = kNoGroup;
};

int group_of(const std::string& name, const model::Regex& regex) {
  int number = 0;
  for (char c : name) {
    if (c < '0' || c > '9' || number >= 100'000'000) {
      number = kNoGroup;
      break;
    }
    number = number * 10 + (c - '0');
  }
  if (name[0] == '0' && name.size() > 1) number = kNoGroup;
  if (number != kNoGroup) return number <= static_cast<int>(regex.groups()) ? number : kNoGroup;
  const auto named = regex.group(name);
  return named ? static_cast<int>(*named) : kNoGroup;
}

// The variable that `rest` (behind a dollar sign) begins with, cut off; false when there is none.
bool take_variable(std::string_view& rest, std::string& name) {
  std::string_view at = rest;
  const bool brace = at.starts_with('{');
  if (brace) at.remove_prefix(1);
  // Letters, digits and underscores of any script.
  static const RE2 kName("([\\pL\\p{Nd}_]+)");
  re2::StringPiece text(at.data(), at.size());
  if (!RE2::Consume(&text, kName, &name)) return false;
  at.remove_prefix(name.size());
  if (brace) {
    if (!at.starts_with('}')) return false;
    at.remove_prefix(1);
  }
  rest = at;
  return true;
}

std::vector<Piece> parse_template(std::string_view rest, const model::Regex& regex) {
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

}  // namespace

struct LabelReplacer::Program {
  model::Regex regex;
  std::vector<Piece> pieces;
};

Result<LabelReplacer> LabelReplacer::create(std::string_view regex, std::string_view replacement) {
  auto compiled = model::Regex::compile(regex);
  if (!compiled.ok()) {
    return Error{ErrorKind::Execution,
                 "invalid regular expression in label_replace(): " + std::string(regex)};
  }
  auto pieces = parse_template(replacement, *compiled);
  return LabelReplacer(
      std::make_shared<const Program>(Program{std::move(*compiled), std::move(pieces)}));
}

bool LabelReplacer::replace(std::string_view source, std::string& out) const {
  std::vector<std::string_view> groups;
  if (!program_->regex.match(source, groups)) return false;
  out.clear();
  for (const Piece& piece : program_->pieces) {
    out += piece.group == kNoGroup ? piece.text : groups[static_cast<size_t>(piece.group)];
    if (out.size() > base::kLabelBytesPerSeriesMax) break;
  }
  return true;
}

}  // namespace gnomon::functions
