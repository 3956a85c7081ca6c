#include "src/functions/remarks.h"

#include "src/base/text.h"
#include "src/functions/windows.h"

namespace gnomon::functions {

using model::PositionRange;
using model::Severity;

bool Remarks::first_time(Kind kind) {
  if (seen_ & kind) return false;
  seen_ |= kind;
  return true;
}

void Remarks::warn(std::string text, PositionRange position) {
  context_.annotations->add(Severity::Warning, std::move(text), position);
}

void Remarks::inform(std::string text, PositionRange position) {
  context_.annotations->add(Severity::Info, std::move(text), position);
}

std::string Remarks::quoted_name() const { return base::quote(context_.metric_name); }

PositionRange Remarks::first_argument() const {
  return context_.argument_positions.empty() ? context_.position
                                             : context_.argument_positions.front();
}

PositionRange Remarks::all_arguments() const {
  if (context_.argument_positions.empty()) return context_.position;
  return {context_.argument_positions.front().start, context_.argument_positions.back().end};
}

void Remarks::mixed_floats_histograms(PositionRange position) {
  if (!first_time(kMixed)) return;
  warn("encountered a mix of histograms and floats for metric name " + quoted_name(), position);
}

void Remarks::ignored_histograms() {
  if (!first_time(kIgnored)) return;
  inform("ignored histograms in a range containing both floats and histograms for metric name " +
             quoted_name(),
         first_argument());
}

void Remarks::not_counter(PositionRange position) {
  if (!first_time(kNotCounter)) return;
  warn("this native histogram metric is not a counter: " + quoted_name(), position);
}

void Remarks::not_gauge(PositionRange position) {
  if (!first_time(kNotGauge)) return;
  warn("this native histogram metric is not a gauge: " + quoted_name(), position);
}

void Remarks::mixed_schemas(PositionRange position) {
  if (!first_time(kMixedSchemas)) return;
  warn(
      "vector contains a mix of histograms with exponential and custom buckets schemas for metric "
      "name " +
          quoted_name(),
      position);
}

void Remarks::start_time_overlap() {
  warn("sample has start time that overlaps with previous sample timestamp for metric " +
           quoted_name(),
       context_.position);
}

void Remarks::possible_non_counter() {
  if (context_.metric_name.empty()) return;
  if (context_.type_and_unit_labels) {
    if (context_.type_label == "counter" || context_.type_label == "histogram") return;
    inform(
        "metric might not be a counter, __type__ label is not set to \"counter\" or "
        "\"histogram\", got " +
            base::quote(context_.type_label) + ": " + quoted_name(),
        first_argument());
    return;
  }
  for (std::string_view suffix : {"_total", "_sum", "_count", "_bucket"}) {
    if (context_.metric_name.ends_with(suffix)) return;
  }
  inform("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
             quoted_name(),
         first_argument());
}

void Remarks::invalid_quantile(double q, PositionRange position) {
  warn("quantile value should be between 0 and 1, got " + base::format_float_g(q), position);
}

void Remarks::reconciled_bounds(std::string_view operation, PositionRange position) {
  const Kind kind = operation == "addition"      ? kReconciledAdd
                    : operation == "subtraction" ? kReconciledSub
                                                 : kReconciledAgg;
  if (!first_time(kind)) return;
  inform("mismatched custom buckets were reconciled during " + std::string(operation), position);
}

void Remarks::conflicting_resets(std::string_view operation, PositionRange position) {
  if (!first_time(kConflict)) return;
  warn("conflicting counter resets during histogram " + std::string(operation), position);
}

void remark_ignored_histograms(const RollupInput& input, const RollupContext& context) {
  if (input.histograms.empty()) return;
  Remarks remarks(context);
  for_each_window(input, context, [&](size_t, const Window& w) {
    if (w.size() > 0 && !w.histograms.empty()) remarks.ignored_histograms();
  });
}

}  // namespace gnomon::functions
