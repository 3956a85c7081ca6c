#pragma once

#include <span>
#include <string_view>

#include "src/functions/kernels.h"
#include "src/functions/signature.h"

namespace gnomon::functions {

// Which parts of its argument's native histograms a function needs: a selector within calls that
// need no more leaves the buckets out, as Prometheus does.
enum class HistogramUse : uint8_t { AsOutside, CountAndSum, Buckets };

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
  ArgumentCheck check_arguments = nullptr;  // of a rollup; null: takes any
  MapKernel map = nullptr;
  ScalarKernel scalar = nullptr;
  bool keeps_name = false;
  // Not step-invariant even when all selectors have @ (AtModifierUnsafeFunctions).
  bool time_dependent = false;
  // Modifiers that its range vector may have.
  bool takes_anchored = false;
  bool takes_smoothed = false;
  // An info when the metric's name or type says that it is no counter.
  bool expects_counter = false;
  HistogramUse histograms = HistogramUse::AsOutside;
  std::string_view documentation;  // one line
};

// All rows, sorted by name.
std::span<const Function* const> all_functions();
// nullptr when there is none. Function names are case-sensitive.
const Function* find_function(std::string_view name);

}  // namespace gnomon::functions
