#include "src/plan/optimize.h"

namespace gnomon::plan {

namespace {

using Rewrite = Plan (*)(const Plan&, const storage::Capabilities&);

constexpr Rewrite kRewrites[] = {
    fold_constants,
    share_common,
    push_down,
};

}  // namespace

Plan optimize(Plan plan, const storage::Capabilities& capabilities) {
  for (Rewrite rewrite : kRewrites) plan = rewrite(plan, capabilities);
  return plan;
}

}  // namespace gnomon::plan
