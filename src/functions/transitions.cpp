#include "src/functions/families.h"

namespace gnomon::functions {
namespace {

constexpr Function kRows[] = {
    {.name = "changes",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "How often the value changed within the range."},
    {.name = "resets",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "How often a counter fell within the range."},
};

}  // namespace

std::span<const Function> transition_family() { return kRows; }

}  // namespace gnomon::functions
