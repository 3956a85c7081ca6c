#include <cmath>
#include <numbers>

#include "src/functions/families.h"
#include "src/functions/float_bits.h"
#include "src/functions/go_math.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::is_stale;

// Histogram points have no place in float functions; their steps already hold no float.
template <double (*kFunction)(double)>
void map_each(const MapContext&, Column& column) {
  column.histograms.clear();
  for (double& v : column.values) {
    if (!is_stale(v)) v = kFunction(v);
  }
}

// A NaN without its sign could be the stale marker.
double abs_of(double v) { return std::isnan(v) ? model::kNaN : std::fabs(v); }
double acos_of(double v) { return go::acos(v); }
double acosh_of(double v) { return go::acosh(v); }
double asin_of(double v) { return go::asin(v); }
double asinh_of(double v) { return go::asinh(v); }
double atan_of(double v) { return go::atan(v); }
double atanh_of(double v) { return go::atanh(v); }
double ceil_of(double v) { return std::ceil(v); }
double cos_of(double v) { return go::cos(v); }
double cosh_of(double v) { return go::cosh(v); }
double deg_of(double v) { return v * 180 / std::numbers::pi; }
double exp_of(double v) { return go::exp(v); }
double floor_of(double v) { return std::floor(v); }
double ln_of(double v) { return go::log(v); }
double log10_of(double v) { return go::log10(v); }
double log2_of(double v) { return go::log2(v); }
double rad_of(double v) { return v * std::numbers::pi / 180; }
double sgn_of(double v) { return v < 0 ? -1 : (v > 0 ? 1 : v); }
double sin_of(double v) { return go::sin(v); }
double sinh_of(double v) { return go::sinh(v); }
double sqrt_of(double v) { return std::sqrt(v); }
double tan_of(double v) { return go::tan(v); }
double tanh_of(double v) { return go::tanh(v); }

void clamp(const MapContext& context, Column& column) {
  column.histograms.clear();
  std::span<const double> low = context.scalars[0], high = context.scalars[1];
  for (size_t i = 0; i < column.steps(); ++i) {
    double& v = column.values[i];
    if (is_stale(v)) continue;
    v = high[i] < low[i] ? model::kStale : go_max(low[i], go_min(high[i], v));
  }
}

void clamp_max(const MapContext& context, Column& column) {
  column.histograms.clear();
  std::span<const double> high = context.scalars[0];
  for (size_t i = 0; i < column.steps(); ++i) {
    double& v = column.values[i];
    if (!is_stale(v)) v = go_min(high[i], v);
  }
}

void clamp_min(const MapContext& context, Column& column) {
  column.histograms.clear();
  std::span<const double> low = context.scalars[0];
  for (size_t i = 0; i < column.steps(); ++i) {
    double& v = column.values[i];
    if (!is_stale(v)) v = go_max(low[i], v);
  }
}

// Multiplying by the inverse first keeps decimal fractions such as 0.1 exact where they can be.
void round_to(const MapContext& context, Column& column) {
  column.histograms.clear();
  const bool given = !context.scalars.empty();
  for (size_t i = 0; i < column.steps(); ++i) {
    double& v = column.values[i];
    if (is_stale(v)) continue;
    const double inverse = 1.0 / (given ? context.scalars[0][i] : 1.0);
    v = std::floor(v * inverse + 0.5) / inverse;
  }
}

constexpr ValueType kWithScalar[] = {ValueType::InstantVector, ValueType::Scalar};
constexpr ValueType kClamp[] = {ValueType::InstantVector, ValueType::Scalar, ValueType::Scalar};

constexpr Function kRows[] = {
    {.name = "abs",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<abs_of>,
     .documentation = "Absolute value."},
    {.name = "acos",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<acos_of>,
     .documentation = "Arc cosine."},
    {.name = "acosh",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<acosh_of>,
     .documentation = "Inverse hyperbolic cosine."},
    {.name = "asin",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<asin_of>,
     .documentation = "Arc sine."},
    {.name = "asinh",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<asinh_of>,
     .documentation = "Inverse hyperbolic sine."},
    {.name = "atan",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<atan_of>,
     .documentation = "Arc tangent."},
    {.name = "atanh",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<atanh_of>,
     .documentation = "Inverse hyperbolic tangent."},
    {.name = "ceil",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<ceil_of>,
     .documentation = "Rounded up to an integer."},
    {.name = "clamp",
     .arguments = kClamp,
     .shape = Shape::Map,
     .map = clamp,
     .documentation = "Limited to a minimum and a maximum."},
    {.name = "clamp_max",
     .arguments = kWithScalar,
     .shape = Shape::Map,
     .map = clamp_max,
     .documentation = "Limited to a maximum."},
    {.name = "clamp_min",
     .arguments = kWithScalar,
     .shape = Shape::Map,
     .map = clamp_min,
     .documentation = "Limited to a minimum."},
    {.name = "cos",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<cos_of>,
     .documentation = "Cosine of radians."},
    {.name = "cosh",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<cosh_of>,
     .documentation = "Hyperbolic cosine."},
    {.name = "deg",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<deg_of>,
     .documentation = "Radians to degrees."},
    {.name = "exp",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<exp_of>,
     .documentation = "e to the power of the value."},
    {.name = "floor",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<floor_of>,
     .documentation = "Rounded down to an integer."},
    {.name = "ln",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<ln_of>,
     .documentation = "Natural logarithm."},
    {.name = "log10",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<log10_of>,
     .documentation = "Decimal logarithm."},
    {.name = "log2",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<log2_of>,
     .documentation = "Binary logarithm."},
    {.name = "rad",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<rad_of>,
     .documentation = "Degrees to radians."},
    {.name = "round",
     .arguments = kWithScalar,
     .variadic = 1,
     .shape = Shape::Map,
     .map = round_to,
     .documentation = "Rounded to the nearest multiple, ties up."},
    {.name = "sgn",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<sgn_of>,
     .documentation = "-1, 0 or 1 by the sign."},
    {.name = "sin",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<sin_of>,
     .documentation = "Sine of radians."},
    {.name = "sinh",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<sinh_of>,
     .documentation = "Hyperbolic sine."},
    {.name = "sqrt",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<sqrt_of>,
     .documentation = "Square root."},
    {.name = "tan",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<tan_of>,
     .documentation = "Tangent of radians."},
    {.name = "tanh",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_each<tanh_of>,
     .documentation = "Hyperbolic tangent."},
};

}  // namespace

std::span<const Function> math_family() { return kRows; }

}  // namespace gnomon::functions
