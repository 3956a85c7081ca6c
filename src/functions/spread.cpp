#include "src/functions/families.h"

namespace gnomon::functions {
namespace {

constexpr ValueType kQuantile[] = {ValueType::Scalar, ValueType::RangeVector};

constexpr Function kRows[] = {
    {.name = "mad_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .documentation = "Median of the distances to the median of the range."},
    {.name = "quantile_over_time",
     .arguments = kQuantile,
     .shape = Shape::Rollup,
     .documentation = "Quantile of the values in the range."},
    {.name = "stddev_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Population standard deviation of the values in the range."},
    {.name = "stdvar_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Population variance of the values in the range."},
};

}  // namespace

std::span<const Function> spread_family() { return kRows; }

}  // namespace gnomon::functions
