#pragma once

#include <span>

#include "src/functions/table.h"

namespace gnomon::functions {

// The rows of each family, in its own .cpp file; table.cpp joins them.
std::span<const Function> rate_family();
std::span<const Function> over_time_family();
std::span<const Function> spread_family();
std::span<const Function> regression_family();
std::span<const Function> transition_family();
std::span<const Function> math_family();
std::span<const Function> date_family();
std::span<const Function> histogram_family();
std::span<const Function> scalar_family();
std::span<const Function> special_family();

// Argument lists that several families share.
inline constexpr ValueType kInstantVector[] = {ValueType::InstantVector};
inline constexpr ValueType kRangeVector[] = {ValueType::RangeVector};
inline constexpr ValueType kScalar[] = {ValueType::Scalar};

}  // namespace gnomon::functions
