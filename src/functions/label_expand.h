#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "src/base/result.h"

namespace gnomon::functions {

// label_replace: a regular expression that must match the whole value, `^(?s:...)$`, and a template
// in the syntax of Go's Regexp.Expand: $1 ${1} $name ${name}, $$ is a dollar sign; a group that is
// not there or did not take part is empty. Safe from any thread.
class LabelReplacer {
 public:
  // A bad expression is an Execution error: "invalid regular expression in label_replace(): ...".
  static Result<LabelReplacer> create(std::string_view regex, std::string_view replacement);

  // Sets `out` to the expanded template, at least to as much of it as exceeds
  // base::kLabelBytesPerSeriesMax; false, with `out` untouched, when `source` does not match. `out`
  // is not where `source` lies.
  bool replace(std::string_view source, std::string& out) const;

 private:
  struct Program;
  explicit LabelReplacer(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace gnomon::functions
