#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace gnomon::model {

// A regular expression in Go's syntax that matches whole texts, `^(?s:...)$`. A value: copies
// share. Any thread.
class Regex {
 public:
  // BadData with Go's text: "error parsing regexp: missing closing ]: `[a`".
  static Result<Regex> compile(std::string_view pattern);

  bool matches(std::string_view text) const;

  // How many capturing groups there are, and the number of a named one.
  size_t groups() const;
  std::optional<size_t> group(std::string_view name) const;
  // Whether it matches; then the whole text as group 0, and each group, empty when it took no part.
  bool match(std::string_view text, std::vector<std::string_view>& groups) const;

 private:
  struct Program;  // holds the RE2
  explicit Regex(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace gnomon::model
