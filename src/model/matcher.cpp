#include "src/model/matcher.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "src/base/text.h"
#include "src/model/glob.h"
#include "src/model/labels.h"
#include "src/model/regex.h"

namespace gnomon::model {

// Either globs (then `literals` holds those that are plain text) or a regex.
class CompiledRegex {
 public:
  static std::shared_ptr<const CompiledRegex> literal(const std::string& value) {
    auto compiled = std::make_shared<CompiledRegex>();
    compiled->literals_ = {value};
    return compiled;
  }

  static Result<std::shared_ptr<const CompiledRegex>> compile(const std::string& pattern) {
    auto compiled = std::make_shared<CompiledRegex>();
    if (auto globs = parse_globs(pattern)) {
      compiled->take(std::move(*globs));
    } else {
      TRY(compiled->regex_, Regex::compile(pattern));
    }
    return std::shared_ptr<const CompiledRegex>(std::move(compiled));
  }

  bool matches(std::string_view text) const {
    if (regex_) return regex_->matches(text);
    if (is_literal(text)) return true;
    return std::any_of(globs_.begin(), globs_.end(),
                       [text](const Glob& glob) { return glob.matches(text); });
  }

  bool only_literals() const { return !regex_ && globs_.empty(); }
  const std::vector<std::string>& literals() const { return literals_; }
  std::string_view prefix() const { return prefix_; }

 private:
  static constexpr size_t kScanMax = 8;  // up to here comparing one by one beats hashing

  bool is_literal(std::string_view text) const {
    if (literals_.size() > kScanMax) return set_.count(text) > 0;
    return std::find(literals_.begin(), literals_.end(), text) != literals_.end();
  }

  void take(std::vector<Glob> globs) {
    prefix_ = globs.front().prefix();
    for (Glob& glob : globs) {
      const std::string_view prefix = glob.prefix();
      const auto differs =
          std::mismatch(prefix_.begin(), prefix_.end(), prefix.begin(), prefix.end());
      prefix_.erase(differs.first, prefix_.end());
      if (const auto text = glob.literal()) {
        literals_.emplace_back(*text);
      } else {
        globs_.push_back(std::move(glob));
      }
    }
    std::sort(literals_.begin(), literals_.end());
    literals_.erase(std::unique(literals_.begin(), literals_.end()), literals_.end());
    if (literals_.size() > kScanMax) set_.insert(literals_.begin(), literals_.end());
  }

  std::vector<std::string> literals_;
  std::unordered_set<std::string_view> set_;  // of literals_, when they are many
  std::vector<Glob> globs_;
  std::optional<Regex> regex_;
  std::string prefix_;
};

std::string_view match_kind_symbol(MatchKind kind) {
  switch (kind) {
    case MatchKind::Equal:
      return "=";
    case MatchKind::NotEqual:
      return "!=";
    case MatchKind::Regex:
      return "=~";
    case MatchKind::NotRegex:
      return "!~";
  }
  return "=";
}

Result<Matcher> Matcher::create(MatchKind kind, std::string name, std::string value) {
  Matcher matcher(kind, std::move(name), std::move(value));
  if (kind == MatchKind::Equal) matcher.regex_ = CompiledRegex::literal(matcher.value_);
  if (kind == MatchKind::Regex || kind == MatchKind::NotRegex) {
    TRY(matcher.regex_, CompiledRegex::compile(matcher.value_));
  }
  return matcher;
}

Matcher Matcher::equal(std::string name, std::string value) {
  return create(MatchKind::Equal, std::move(name), std::move(value)).value();
}

bool Matcher::matches(std::string_view label_value) const {
  switch (kind_) {
    case MatchKind::Equal:
      return label_value == value_;
    case MatchKind::NotEqual:
      return label_value != value_;
    case MatchKind::Regex:
      return regex_->matches(label_value);
    case MatchKind::NotRegex:
      return !regex_->matches(label_value);
  }
  return false;
}

const std::vector<std::string>& Matcher::literals() const {
  static const std::vector<std::string> kNone;
  const bool positive = kind_ == MatchKind::Equal || kind_ == MatchKind::Regex;
  return positive && regex_->only_literals() ? regex_->literals() : kNone;
}

std::string_view Matcher::prefix() const {
  return kind_ == MatchKind::Regex ? regex_->prefix() : std::string_view();
}

std::string to_string(const Matcher& matcher) {
  std::string out =
      legacy_label_name(matcher.name()) ? matcher.name() : base::quote(matcher.name());
  return out.append(match_kind_symbol(matcher.kind())).append(base::quote(matcher.value()));
}

}  // namespace gnomon::model
