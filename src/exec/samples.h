#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/exec/operator.h"
#include "src/model/sample.h"
#include "src/plan/plan.h"

namespace gnomon::exec {

// Turns one series' samples into its column. Pure but for `annotations`; any thread.
class SampleKernel {
 public:
  virtual ~SampleKernel() = default;
  // `block` may be changed. `column` is overwritten. Errors: Execution.
  virtual Result<void> run(const SeriesMeta& series, model::SampleBlock& block,
                           model::Annotations& annotations, model::Column& column) const = 0;
  // After run(): adds to each step how many samples its point was made of. A histogram counts as
  // many as Prometheus says that it weighs.
  virtual void count_seen(const model::SampleBlock& block, const model::Column& column,
                          std::span<uint64_t> at_step) const = 0;
};

// rolled_up: the blocks will hold the points that the store computed.
using KernelFactory = std::function<Result<std::unique_ptr<SampleKernel>>(bool rolled_up)>;

// Instant and Rollup over a Scan: reads the selected series, in parallel when there are many, and
// yields kernel(samples). Columns come in series order whatever the number of threads. `uses`: how
// often the query names this selector outside of subqueries, for Context::count_seen.
OperatorPtr make_scan_operator(Context& context, const model::TimeGrid& grid,
                               const storage::Fragment& fragment, bool drop_name, uint64_t uses,
                               KernelFactory kernel);

// The same over the points of a subquery.
OperatorPtr make_subquery_operator(Context& context, const model::TimeGrid& grid, OperatorPtr input,
                                   bool drop_name, uint64_t uses, KernelFactory kernel);

// Kernels: their scalar arguments are evaluated when the kernel is made.
Result<std::unique_ptr<SampleKernel>> make_instant_kernel(const plan::Instant& instant,
                                                          model::PositionRange position);
Result<std::unique_ptr<SampleKernel>> make_rollup_kernel(const Context& context,
                                                         const plan::Rollup& rollup,
                                                         const model::TimeGrid& grid,
                                                         std::vector<OperatorPtr>& scalars);
// For the points of a storage::Rollup: puts them into the column.
std::unique_ptr<SampleKernel> make_points_kernel(const Context& context, const plan::Rollup& rollup,
                                                 const model::TimeGrid& grid);

// What each scan of the query reads, for EXPLAIN.
Result<std::string> describe_scan(Context& context, const storage::Fragment& fragment);

}  // namespace gnomon::exec
