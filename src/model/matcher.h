#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace gnomon::model {

enum class MatchKind : uint8_t { Equal, NotEqual, Regex, NotRegex };

std::string_view match_kind_symbol(MatchKind kind);  // = != =~ !~

class CompiledRegex;  // matcher.cpp: RE2 and the literal, prefix and alternation fast paths

// One label condition. A missing label has the value "". Regexes are anchored, `^(?s:...)$`.
// A value: copying shares the compiled regex; matches() is safe from any thread.
class Matcher {
 public:
  // A bad regex is a BadData error with Go's text: "error parsing regexp: ...".
  static Result<Matcher> create(MatchKind kind, std::string name, std::string value);
  static Matcher equal(std::string name, std::string value);

  MatchKind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

  bool matches(std::string_view label_value) const;
  bool matches_empty() const { return matches(""); }
  // For `=` and for a regex that is an alternation of literals (a|b|c): those literals, so that
  // an index can look them up instead of scanning. Empty otherwise. Not for negative matchers.
  const std::vector<std::string>& literals() const;
  // For =~ : a literal prefix every match has ("" when unknown).
  std::string_view prefix() const;

  friend bool operator==(const Matcher& a, const Matcher& b) {
    return a.kind_ == b.kind_ && a.name_ == b.name_ && a.value_ == b.value_;
  }

 private:
  Matcher(MatchKind kind, std::string name, std::string value)
      : kind_(kind), name_(std::move(name)), value_(std::move(value)) {}

  MatchKind kind_;
  std::string name_;
  std::string value_;
  std::shared_ptr<const CompiledRegex> regex_;
};

using Matchers = std::vector<Matcher>;

// job="a"   (the value quoted as Go's strconv.Quote does, the name quoted when not a legacy name)
std::string to_string(const Matcher& matcher);

}  // namespace gnomon::model
