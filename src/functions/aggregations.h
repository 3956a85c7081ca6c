#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "src/functions/signature.h"

namespace gnomon::functions {

// The aggregations of the query languages.
enum class AggregateOp : uint8_t {
  Sum,
  Avg,
  Count,
  Min,
  Max,
  Group,
  Stddev,
  Stdvar,
  Topk,
  Bottomk,
  CountValues,
  Quantile,
  Limitk,
  LimitRatio,
};

// What exec must have of a group to compute the group's points.
enum class AggregateShape : uint8_t {
  Fold,         // one column after the other, which is then forgotten: an Accumulator
  Quantile,     // all values of a step
  CountValues,  // all values of a step; each becomes a series
  Selection,    // all values of a step; the result is some of the input series, labels kept
};

// The arithmetic of an Accumulator.
enum class AggregateKind : uint8_t { Sum, Avg, Count, Group, Min, Max, Stddev, Stdvar };

// Everything there is to know of an aggregation, in one row: parsers, printers, checkers and exec
// read it.
struct Aggregation {
  AggregateOp op;
  std::string_view text;  // in PromQL, LogQL and EXPLAIN
  AggregateShape shape;
  AggregateKind fold = AggregateKind::Group;  // of the shape Fold only
  ValueType parameter = ValueType::None;      // None: takes none
  Stability stability = Stability::Stable;
};

// In the order of the enumerators.
inline constexpr std::array kAggregations = {
    Aggregation{AggregateOp::Sum, "sum", AggregateShape::Fold, AggregateKind::Sum},
    Aggregation{AggregateOp::Avg, "avg", AggregateShape::Fold, AggregateKind::Avg},
    Aggregation{AggregateOp::Count, "count", AggregateShape::Fold, AggregateKind::Count},
    Aggregation{AggregateOp::Min, "min", AggregateShape::Fold, AggregateKind::Min},
    Aggregation{AggregateOp::Max, "max", AggregateShape::Fold, AggregateKind::Max},
    Aggregation{AggregateOp::Group, "group", AggregateShape::Fold, AggregateKind::Group},
    Aggregation{AggregateOp::Stddev, "stddev", AggregateShape::Fold, AggregateKind::Stddev},
    Aggregation{AggregateOp::Stdvar, "stdvar", AggregateShape::Fold, AggregateKind::Stdvar},
    Aggregation{.op = AggregateOp::Topk,
                .text = "topk",
                .shape = AggregateShape::Selection,
                .parameter = ValueType::Scalar},
    Aggregation{.op = AggregateOp::Bottomk,
                .text = "bottomk",
                .shape = AggregateShape::Selection,
                .parameter = ValueType::Scalar},
    Aggregation{.op = AggregateOp::CountValues,
                .text = "count_values",
                .shape = AggregateShape::CountValues,
                .parameter = ValueType::String},
    Aggregation{.op = AggregateOp::Quantile,
                .text = "quantile",
                .shape = AggregateShape::Quantile,
                .parameter = ValueType::Scalar},
    Aggregation{.op = AggregateOp::Limitk,
                .text = "limitk",
                .shape = AggregateShape::Selection,
                .parameter = ValueType::Scalar,
                .stability = Stability::Experimental},
    Aggregation{.op = AggregateOp::LimitRatio,
                .text = "limit_ratio",
                .shape = AggregateShape::Selection,
                .parameter = ValueType::Scalar,
                .stability = Stability::Experimental},
};

static_assert(
    [] {
      for (size_t i = 0; i < kAggregations.size(); ++i) {
        if (kAggregations[i].op != static_cast<AggregateOp>(i)) return false;
      }
      return kAggregations.back().op == AggregateOp::LimitRatio;
    }(),
    "every aggregation has a row, in the order of the enumerators");

constexpr const Aggregation& aggregation(AggregateOp op) {
  return kAggregations[static_cast<size_t>(op)];
}
constexpr std::string_view aggregate_op_text(AggregateOp op) { return aggregation(op).text; }

// The aggregation with this name, in lower case.
constexpr std::optional<AggregateOp> find_aggregation(std::string_view text) {
  for (const Aggregation& row : kAggregations) {
    if (row.text == text) return row.op;
  }
  return std::nullopt;
}

}  // namespace gnomon::functions
