#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gnomon::functions {

enum class ValueType : uint8_t { None, Scalar, String, InstantVector, RangeVector };

// "instant vector" as in error texts; "vector" as in parse_query's JSON.
std::string_view type_description(ValueType type);
std::string_view type_name(ValueType type);

enum class Stability : uint8_t { Stable, Experimental };

// How exec evaluates the function; which kernel member of the row is set.
enum class Shape : uint8_t {
  Rollup,   // range vector -> one point per step from a window of samples
  Map,      // point -> point, series by series
  Scalar,   // scalars -> scalar (pi, max_of, ...)
  Special,  // needs whole vectors, labels, or the query: a node of the plan, known by its name
};

}  // namespace gnomon::functions
