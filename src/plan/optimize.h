#pragma once

#include "src/plan/plan.h"
#include "src/storage/metrics/capabilities.h"

namespace gnomon::plan {

// The rewrites, each a pure function in a file of its own.

// Operations on numbers become their result.
Plan fold_constants(const Plan& plan, const storage::Capabilities& capabilities);
// Equal subtrees, and equal selectors, become one node.
Plan share_common(const Plan& plan, const storage::Capabilities& capabilities);
// What the store computes itself moves into the fragments of the scans.
Plan push_down(const Plan& plan, const storage::Capabilities& capabilities);

// All of them, in order.
Plan optimize(Plan plan, const storage::Capabilities& capabilities);

}  // namespace gnomon::plan
