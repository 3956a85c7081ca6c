#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "src/model/sample.h"
#include "src/model/time_grid.h"

namespace gnomon::storage {

// Samples that cannot change the answer are left out, so that they need not leave the store. A
// store gets only reductions that its Capabilities list, and then carries them out exactly.

// Of the samples in each (t - step, t], t on the grid, the newest float and the newest histogram;
// the first t's cell has no lower bound but the fragment's. Stale markers count as samples.
struct LastPerStep {
  model::TimeGrid grid;
  bool operator==(const LastPerStep&) const = default;
};

// Only the samples that lie in (t - window, t] for a t on the grid.
struct Windows {
  model::TimeGrid grid;
  int64_t window_ms = 0;
  bool operator==(const Windows&) const = default;
};

// Not samples but the points of a PromQL function over (t - window, t], at each t of the grid that
// has one. See Selection::rolled_up().
struct Rollup {
  std::string function;
  model::TimeGrid grid;
  int64_t window_ms = 0;
  bool operator==(const Rollup&) const = default;
};

using Reduction = std::variant<std::monostate, LastPerStep, Windows, Rollup>;

// " last per step ..."; "" for none. Part of the fragment's canonical text.
std::string to_string(const Reduction& reduction);

// What LastPerStep and Windows leave of a block; others leave it as it is. The definition in code,
// for stores that have the samples at hand.
void reduce(const Reduction& reduction, model::SampleBlock& block);

}  // namespace gnomon::storage
