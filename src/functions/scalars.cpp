#include <numbers>

#include "src/functions/families.h"
#include "src/functions/float_bits.h"

namespace gnomon::functions {
namespace {

constexpr ValueType kTwoScalars[] = {ValueType::Scalar, ValueType::Scalar};

double pi(std::span<const double>) { return std::numbers::pi; }

// math.Max and math.Min of Go: an infinity beats NaN, NaN beats the rest, 0 is above -0.
double max_of(std::span<const double> arguments) { return go_max(arguments[0], arguments[1]); }
double min_of(std::span<const double> arguments) { return go_min(arguments[0], arguments[1]); }

constexpr Function kRows[] = {
    {.name = "max_of",
     .returns = ValueType::Scalar,
     .arguments = kTwoScalars,
     .stability = Stability::Experimental,
     .shape = Shape::Scalar,
     .scalar = max_of,
     .documentation = "The larger of two scalars."},
    {.name = "min_of",
     .returns = ValueType::Scalar,
     .arguments = kTwoScalars,
     .stability = Stability::Experimental,
     .shape = Shape::Scalar,
     .scalar = min_of,
     .documentation = "The smaller of two scalars."},
    {.name = "pi",
     .returns = ValueType::Scalar,
     .shape = Shape::Scalar,
     .scalar = pi,
     .documentation = "The number pi."},
};

}  // namespace

std::span<const Function> scalar_family() { return kRows; }

}  // namespace gnomon::functions
