#include "src/functions/families.h"

namespace gnomon::functions {
namespace {

constexpr ValueType kPredict[] = {ValueType::RangeVector, ValueType::Scalar};
constexpr ValueType kSmoothing[] = {ValueType::RangeVector, ValueType::Scalar, ValueType::Scalar};

constexpr Function kRows[] = {
    {.name = "deriv",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Slope per second of the line of least squares through the range."},
    {.name = "double_exponential_smoothing",
     .arguments = kSmoothing,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .documentation = "Smoothed value with a smoothing and a trend factor."},
    {.name = "predict_linear",
     .arguments = kPredict,
     .shape = Shape::Rollup,
     .time_dependent = true,
     .documentation = "Value so many seconds ahead on the line of least squares."},
};

}  // namespace

std::span<const Function> regression_family() { return kRows; }

}  // namespace gnomon::functions
