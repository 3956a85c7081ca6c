#pragma once

#include <span>
#include <string_view>

#include "src/functions/map.h"
#include "src/functions/rollup.h"
#include "src/functions/signature.h"

namespace gnomon::functions {

// Everything there is to know of a PromQL function, in one row: checker, engine, EXPLAIN,
// parse_query and the documentation read it.
struct Function {
  std::string_view name;
  ValueType returns = ValueType::InstantVector;
  std::span<const ValueType> arguments = {};  // declared types; the last repeats when variadic
  // Prometheus' Variadic: 0 exact; k>0 the last k declared+extra are optional; -1 any number more.
  int variadic = 0;
  Stability stability = Stability::Stable;
  Shape shape = Shape::Special;
  RollupKernel rollup = nullptr;
  MapKernel map = nullptr;
  ScalarKernel scalar = nullptr;
  bool keeps_name = false;
  // Not step-invariant even when all selectors have @ (AtModifierUnsafeFunctions).
  bool time_dependent = false;
  std::string_view documentation;  // one line
};

// All rows, sorted by name.
std::span<const Function* const> all_functions();
// nullptr when there is none. Function names are case-sensitive.
const Function* find_function(std::string_view name);

}  // namespace gnomon::functions
