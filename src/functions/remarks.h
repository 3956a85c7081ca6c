#pragma once

#include <string>

#include "src/functions/kernels.h"

// The annotations of rollups (warnings and infos of Prometheus' list), at most once per call.
namespace gnomon::functions {

class Remarks {
 public:
  explicit Remarks(const RollupContext& context) : context_(context) {}

  void mixed_floats_histograms() { mixed_floats_histograms(context_.position); }
  void mixed_floats_histograms(model::PositionRange position);
  void ignored_histograms();
  void not_counter(model::PositionRange position);
  void not_gauge(model::PositionRange position);
  void mixed_schemas(model::PositionRange position);
  void start_time_overlap();  // every time counts
  void possible_non_counter();
  void invalid_quantile(double q, model::PositionRange position);
  // operation: "addition", "subtraction" or "aggregation".
  void reconciled_bounds(std::string_view operation, model::PositionRange position);
  void conflicting_resets(std::string_view operation, model::PositionRange position);
  // The range vector argument, and the first argument of the call.
  model::PositionRange position() const { return context_.position; }
  model::PositionRange first_argument() const;
  model::PositionRange all_arguments() const;

 private:
  enum Kind : uint32_t {
    kMixed = 1,
    kIgnored = 2,
    kNotCounter = 4,
    kNotGauge = 8,
    kMixedSchemas = 16,
    kReconciledAdd = 32,
    kReconciledSub = 64,
    kReconciledAgg = 128,
    kConflict = 256,
  };
  bool first_time(Kind kind);
  void warn(std::string text, model::PositionRange position);
  void inform(std::string text, model::PositionRange position);
  std::string quoted_name() const;

  const RollupContext& context_;
  uint32_t seen_ = 0;
};

// For functions of floats only: the info when a window holds histograms beside its floats.
void remark_ignored_histograms(const RollupInput& input, const RollupContext& context);

}  // namespace gnomon::functions
