#pragma once

#include <vector>

#include "src/exec/operator.h"
#include "src/functions/kernels.h"
#include "src/plan/plan.h"

// Operators in which a scalar takes part. A scalar is one series without labels that has a float at
// every step.
namespace gnomon::exec {

OperatorPtr make_number(Context& context, const model::TimeGrid& grid, double value);
OperatorPtr make_time(Context& context, const model::TimeGrid& grid);
OperatorPtr make_scalar_call(Context& context, const model::TimeGrid& grid,
                             functions::ScalarKernel kernel, std::vector<OperatorPtr> arguments);
OperatorPtr make_to_scalar(Context& context, const model::TimeGrid& grid, OperatorPtr input);
OperatorPtr make_to_vector(Context& context, const model::TimeGrid& grid, OperatorPtr input);
OperatorPtr make_scalar_binary(Context& context, const model::TimeGrid& grid,
                               const plan::Binary& binary, OperatorPtr left, OperatorPtr right);
OperatorPtr make_vector_scalar(Context& context, const model::TimeGrid& grid,
                               const plan::Binary& binary, model::PositionRange position,
                               OperatorPtr left, OperatorPtr right, bool scalar_left);

// The one-step input at every step.
OperatorPtr make_repeat(Context& context, const model::TimeGrid& grid, OperatorPtr input);

}  // namespace gnomon::exec
