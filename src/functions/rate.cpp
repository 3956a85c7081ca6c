#include "src/functions/families.h"

namespace gnomon::functions {
namespace {

constexpr Function kRows[] = {
    {.name = "delta",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Difference between the ends of the range, extrapolated; for gauges."},
    {.name = "idelta",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Difference of the last two samples; for gauges."},
    {.name = "increase",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Growth of a counter over the range, extrapolated."},
    {.name = "irate",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Growth per second between the last two samples of a counter."},
    {.name = "rate",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Growth per second of a counter over the range, extrapolated."},
};

}  // namespace

std::span<const Function> rate_family() { return kRows; }

}  // namespace gnomon::functions
