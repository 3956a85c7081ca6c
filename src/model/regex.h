#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/result.h"

namespace gnomon::model {

// A regular expression in Go's syntax that matches whole texts, `^(?s:...)$`. A value: copies
// share. Any thread.
class Regex {
 public:
  // BadData with Go's text: "error parsing regexp: missing closing ]: `[a`".
  static Result<Regex> compile(std::string_view pattern);

  bool matches(std::string_view text) const;

  // The replacement with $1, ${1}, $name, ${name} and $$ filled from the groups as Go's
  // Regexp.Expand does (unknown and unmatched groups are empty); nullopt when text does not match.
  std::optional<std::string> expand(std::string_view text, std::string_view replacement) const;

 private:
  struct Program;  // holds the RE2
  explicit Regex(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace gnomon::model
