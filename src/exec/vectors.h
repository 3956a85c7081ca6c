#pragma once

#include "src/exec/operator.h"
#include "src/functions/kernels.h"
#include "src/plan/plan.h"

// Operators on instant vectors: one factory for each plan node, one file for each kind.
namespace gnomon::exec {

// map.cpp
OperatorPtr make_map(Context& context, const model::TimeGrid& grid,
                     const functions::Function& function, OperatorPtr input,
                     std::vector<OperatorPtr> scalars);
OperatorPtr make_negate(Context& context, const model::TimeGrid& grid, OperatorPtr input);
OperatorPtr make_evaluation_time(Context& context, const model::TimeGrid& grid, OperatorPtr input);
// The series of its input without any point.
OperatorPtr make_nothing(Context& context, const model::TimeGrid& grid, OperatorPtr input);

// merge.cpp: series that became equal by losing their name, or by a set operation, made one.
enum class Collision : uint8_t {
  SameStep,   // an error where two have a point at one step
  AnyPoints,  // an error where two have points at all: Prometheus' rule for range functions
};
OperatorPtr make_merge(Context& context, const model::TimeGrid& grid, OperatorPtr input,
                       Collision collision);
// The same for the whole query's result, with the names dropped that are to be dropped.
OperatorPtr make_final_names(Context& context, const model::TimeGrid& grid, OperatorPtr input);

// aggregate.cpp, selection.cpp (topk, bottomk, limitk, limit_ratio), count_values.cpp
OperatorPtr make_aggregate(Context& context, const model::TimeGrid& grid,
                           const plan::Aggregate& aggregate, model::PositionRange position,
                           OperatorPtr input, OperatorPtr param);
OperatorPtr make_selection(Context& context, const model::TimeGrid& grid,
                           const plan::Aggregate& aggregate, model::PositionRange position,
                           OperatorPtr input, OperatorPtr param);
OperatorPtr make_count_values(Context& context, const model::TimeGrid& grid,
                              const plan::Aggregate& aggregate, OperatorPtr input);

// match.cpp: arithmetic and comparison of two vectors; sets.cpp: and, or, unless
OperatorPtr make_match(Context& context, const model::TimeGrid& grid, const plan::Binary& binary,
                       model::PositionRange position, OperatorPtr left, OperatorPtr right);
OperatorPtr make_set(Context& context, const model::TimeGrid& grid, const plan::Binary& binary,
                     OperatorPtr left, OperatorPtr right);

// labels.cpp
OperatorPtr make_label_replace(Context& context, const model::TimeGrid& grid,
                               const plan::LabelReplace& replace, OperatorPtr input);
OperatorPtr make_label_join(Context& context, const model::TimeGrid& grid,
                            const plan::LabelJoin& join, OperatorPtr input);

// absent.cpp, sort.cpp, histogram_quantile.cpp, info.cpp
OperatorPtr make_absent(Context& context, const model::TimeGrid& grid, const plan::Absent& absent,
                        OperatorPtr input);
OperatorPtr make_sort(Context& context, const model::TimeGrid& grid, const plan::Sort& sort,
                      model::PositionRange position, OperatorPtr input);
OperatorPtr make_histogram_quantile(Context& context, const model::TimeGrid& grid,
                                    const plan::HistogramQuantile& quantile, OperatorPtr input,
                                    std::vector<OperatorPtr> scalars);
OperatorPtr make_info(Context& context, const model::TimeGrid& grid, const plan::Info& info,
                      OperatorPtr input, OperatorPtr info_series, OperatorPtr info_times);

// shared.cpp: a node with several consumers, evaluated once, when the first consumer asks, and kept
// until the last has read it. Every consumer gets a reader of its own.
class SharedInput;
std::shared_ptr<SharedInput> make_shared_input(Context& context, OperatorPtr input);
OperatorPtr make_reader(Context& context, std::shared_ptr<SharedInput> input);

}  // namespace gnomon::exec
