#pragma once

#include <exception>
#include <utility>

#include "src/base/result.h"

namespace gnomon::base {

// What `step` gives. Where it throws, for memory may run out, that becomes an error: for steps that
// others wait for, who must hear of it.
template <typename Step>
auto guarded(Step&& step) -> decltype(step()) {
  try {
    return std::forward<Step>(step)();
  } catch (const std::exception& exception) {
    return Error{ErrorKind::Internal, exception.what()};
  }
}

}  // namespace gnomon::base
