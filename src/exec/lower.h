#pragma once

#include <memory>
#include <vector>

#include "src/exec/operator.h"
#include "src/plan/plan.h"

namespace gnomon::exec {

// The operators of a plan. `of_node[id]` shows which operator does a node's work (null where it has
// none of its own), for EXPLAIN analyze; valid as long as root.
struct Lowered {
  OperatorPtr root;
  std::vector<const Operator*> of_node;
};

// Builds the operators; reads nothing yet, so that errors come from series() and next(). The
// context must outlive the operators, the plan need not.
Lowered lower(const plan::Plan& plan, Context& context);

}  // namespace gnomon::exec
