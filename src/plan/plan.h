#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "src/functions/aggregations.h"
#include "src/functions/kernels.h"
#include "src/functions/operators.h"
#include "src/functions/table.h"
#include "src/model/labels.h"
#include "src/model/time_grid.h"
#include "src/plan/inputs.h"
#include "src/storage/metrics/fragment.h"

namespace gnomon::plan {

using model::PositionRange;
using model::TimeGrid;

struct Number {
  double value = 0;

  static constexpr auto inputs() { return std::tuple(); }
  bool operator==(const Number&) const = default;
};

struct Text {
  std::string value;

  static constexpr auto inputs() { return std::tuple(); }
  bool operator==(const Text&) const = default;
};

// time(): the evaluation time in seconds.
struct Time {
  static constexpr auto inputs() { return std::tuple(); }
  bool operator==(const Time&) const = default;
};

// Samples of the matching series: the source of an Instant or a Rollup.
struct Scan {
  storage::Fragment fragment;

  static constexpr auto inputs() { return std::tuple(); }
  bool operator==(const Scan&) const = default;
};

// The points of `input` (on its own grid) as samples: the source of a Rollup.
struct Subquery {
  Input input;

  static constexpr auto inputs() { return std::tuple(&Subquery::input); }
  bool operator==(const Subquery&) const = default;
};

enum class Reading : uint8_t { Value, Timestamp, StartTimestamp };

// An instant vector selector: at each time of sample_grid the newest sample that is not older than
// the lookback and not stale.
struct Instant {
  Input source;  // a Scan
  TimeGrid sample_grid;
  int64_t lookback_ms = 0;
  Reading reading = Reading::Value;
  bool smoothed = false;
  bool histogram_stats = false;

  static constexpr auto inputs() { return std::tuple(&Instant::source); }
  bool operator==(const Instant&) const = default;
};

// histogram_stats, here and in Rollup: only count and sum of histograms are wanted
// (histogram_count, histogram_sum or histogram_avg is around the selector). Buckets are left out;
// counter resets are found while reading and noted as hints, as Prometheus does.

// A function of a range vector. Window of step i: (sample_grid.at(i) - range, sample_grid.at(i)].
struct Rollup {
  const functions::Function* function = nullptr;
  Input source;  // a Scan or a Subquery
  TimeGrid sample_grid;
  // The range has an @ but the function depends on the evaluation time: sample_grid has one time,
  // which every step uses.
  bool pinned = false;
  int64_t range_ms = 0;
  int64_t lookback_ms = 0;
  functions::RangeModifier modifier = functions::RangeModifier::None;
  bool histogram_stats = false;
  std::vector<Input> scalars;
  std::vector<PositionRange> argument_positions;
  PositionRange range_position;

  static constexpr auto inputs() { return std::tuple(&Rollup::source, &Rollup::scalars); }
  bool operator==(const Rollup&) const = default;
};

// The raw samples of a range vector: an instant query's matrix result. Only as root.
struct RawSamples {
  Input source;
  int64_t end_ms = 0;
  int64_t range_ms = 0;
  int64_t lookback_ms = 0;
  functions::RangeModifier modifier = functions::RangeModifier::None;

  static constexpr auto inputs() { return std::tuple(&RawSamples::source); }
  bool operator==(const RawSamples&) const = default;
};

// Point by point, series by series.
struct Map {
  const functions::Function* function = nullptr;
  Input input;
  std::vector<Input> scalars;

  static constexpr auto inputs() { return std::tuple(&Map::input, &Map::scalars); }
  bool operator==(const Map&) const = default;
};

struct ScalarCall {
  const functions::Function* function = nullptr;
  std::vector<Input> arguments;

  static constexpr auto inputs() { return std::tuple(&ScalarCall::arguments); }
  bool operator==(const ScalarCall&) const = default;
};

struct ToScalar {
  Input input;

  static constexpr auto inputs() { return std::tuple(&ToScalar::input); }
  bool operator==(const ToScalar&) const = default;
};

struct ToVector {
  Input input;

  static constexpr auto inputs() { return std::tuple(&ToVector::input); }
  bool operator==(const ToVector&) const = default;
};

// timestamp() of an input that is not a selector: the evaluation time in seconds wherever the input
// has a point. start_timestamp() of such an input (of_start): no points; errors of the input count.
struct EvaluationTime {
  Input input;
  bool of_start = false;

  static constexpr auto inputs() { return std::tuple(&EvaluationTime::input); }
  bool operator==(const EvaluationTime&) const = default;
};

struct Absent {
  Input input;
  model::Labels labels;

  static constexpr auto inputs() { return std::tuple(&Absent::input); }
  bool operator==(const Absent&) const = default;
};

struct Sort {
  Input input;
  bool descending = false;
  bool by_label = false;
  std::vector<std::string> labels;

  static constexpr auto inputs() { return std::tuple(&Sort::input); }
  bool operator==(const Sort&) const = default;
};

struct LabelReplace {
  Input input;
  std::string destination, replacement, source, regex;

  static constexpr auto inputs() { return std::tuple(&LabelReplace::input); }
  bool operator==(const LabelReplace&) const = default;
};

struct LabelJoin {
  Input input;
  std::string destination, separator;
  std::vector<std::string> sources;

  static constexpr auto inputs() { return std::tuple(&LabelJoin::input); }
  bool operator==(const LabelJoin&) const = default;
};

// histogram_quantile, histogram_quantiles (label set) and histogram_fraction (two scalars).
struct HistogramQuantile {
  Input input;
  std::vector<Input> scalars;
  std::vector<PositionRange> scalar_positions;
  PositionRange input_position;
  bool fraction = false;
  std::optional<std::string> label;

  static constexpr auto inputs() {
    return std::tuple(&HistogramQuantile::input, &HistogramQuantile::scalars);
  }
  bool operator==(const HistogramQuantile&) const = default;
};

struct Info {
  Input input;
  Input info;                     // an Instant over the info series
  Input info_times;               // the same, reading timestamps
  model::Matchers info_matchers;  // of the info series, data_matchers included
  model::Matchers data_matchers;  // of other labels than the name

  static constexpr auto inputs() {
    return std::tuple(&Info::input, &Info::info, &Info::info_times);
  }
  bool operator==(const Info&) const = default;
};

struct Aggregate {
  functions::AggregateOp op = functions::AggregateOp::Sum;
  Input input;
  std::optional<Input> param;  // a scalar; count_values has `label` instead
  std::string label;
  std::vector<std::string> grouping;  // sorted
  bool without = false;
  PositionRange param_position;
  PositionRange input_position;

  static constexpr auto inputs() { return std::tuple(&Aggregate::input, &Aggregate::param); }
  bool operator==(const Aggregate&) const = default;
};

struct Matching {
  functions::Cardinality card = functions::Cardinality::OneToOne;
  bool on = false;
  std::vector<std::string> labels;  // sorted
  std::vector<std::string> include;
  std::optional<double> fill_left, fill_right;
  bool operator==(const Matching&) const = default;
};

// Scalars and vectors in any mix; `matching` only for two vectors.
struct Binary {
  functions::BinaryOp op = functions::BinaryOp::Add;
  Input left, right;
  std::optional<Matching> matching;
  bool return_bool = false;

  static constexpr auto inputs() { return std::tuple(&Binary::left, &Binary::right); }
  bool operator==(const Binary&) const = default;
};

struct Negate {
  Input input;

  static constexpr auto inputs() { return std::tuple(&Negate::input); }
  bool operator==(const Negate&) const = default;
};

// A one-step input at every step: what does not depend on the step is computed once.
struct Repeat {
  Input input;

  static constexpr auto inputs() { return std::tuple(&Repeat::input); }
  bool operator==(const Repeat&) const = default;
};

struct Node {
  std::variant<Number, Text, Time, Scan, Subquery, Instant, Rollup, RawSamples, Map, ScalarCall,
               ToScalar, ToVector, EvaluationTime, Absent, Sort, LabelReplace, LabelJoin,
               HistogramQuantile, Info, Aggregate, Binary, Negate, Repeat>
      op;
  TimeGrid grid;  // the steps this node's points are for
  functions::ValueType type = functions::ValueType::InstantVector;
  PositionRange position;
  bool operator==(const Node&) const = default;
};

// A value: copies, compares, prints. The last node is the root.
struct Plan {
  std::vector<Node> nodes;

  const Node& root() const { return nodes.back(); }
  bool operator==(const Plan&) const = default;
};

// The nodes a node refers to, in the order of its inputs().
std::vector<NodeId> inputs(const Node& node);
// Replaces every reference of the node by renumber[id].
void renumber_inputs(Node& node, const std::vector<NodeId>& renumber);
// Without the nodes that the root does not reach.
Plan without_orphans(const Plan& plan);

// One line, without indentation: "rollup rate[300000ms]".
std::string to_string(const Node& node);
// The indented tree: EXPLAIN. `note` may add to a node's line.
std::string to_string(const Plan& plan, const std::function<std::string(NodeId)>& note = nullptr);

}  // namespace gnomon::plan
