#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "src/functions/aggregations.h"
#include "src/functions/operators.h"
#include "src/functions/signature.h"
#include "src/functions/table.h"
#include "src/model/annotations.h"
#include "src/model/matcher.h"

namespace gnomon::promql {

using functions::AggregateOp;
using functions::BinaryOp;
using functions::Cardinality;
using functions::ValueType;
using model::PositionRange;

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

// A duration as written. `ms` is the value as far as it is known when parsing: a literal's; for an
// expression 0 until resolve() has set it.
struct DurationExpr {
  enum class Kind : uint8_t { Literal, Unary, Binary, Step, Range, MinOf, MaxOf };
  Kind kind = Kind::Literal;
  double seconds = 0;               // Literal
  bool literal_is_duration = true;  // written 5m (printed so), not 300
  BinaryOp op = BinaryOp::Add;      // Unary (Add, Sub) and Binary (arithmetic but for atan2)
  bool wrapped = false;             // in parentheses
  std::unique_ptr<DurationExpr> left, right;  // Unary: left only
  PositionRange position;
};
using DurationExprPtr = std::unique_ptr<DurationExpr>;

struct Duration {
  int64_t ms = 0;
  DurationExprPtr expr;  // null for a plain literal
};

enum class AtKind : uint8_t { None, Timestamp, Start, End };

// offset and @ of a selector or subquery.
struct TimeModifier {
  Duration offset;
  AtKind at = AtKind::None;
  int64_t at_ms = 0;  // Timestamp; resolve() also fills it for Start and End
};

struct NumberLiteral {
  double value = 0;
  bool duration = false;  // written as 5m; prints so
};

struct StringLiteral {
  std::string value;
};

struct VectorSelector {
  std::string name;          // as written before the braces; "" when none
  model::Matchers matchers;  // all of them, the __name__ matcher included
  TimeModifier time;
  bool anchored = false;
  bool smoothed = false;
};

struct MatrixSelector {
  ExprPtr selector;  // a VectorSelector, which carries offset, @, anchored and smoothed
  Duration range;
};

struct Subquery {
  ExprPtr expr;
  Duration range;
  Duration step;  // 0 and no expr: the default step
  TimeModifier time;
};

struct Call {
  const functions::Function* function = nullptr;
  std::vector<ExprPtr> arguments;
};

struct Aggregate {
  AggregateOp op = AggregateOp::Sum;
  ExprPtr expr;
  ExprPtr param;  // null when the operator takes none
  std::vector<std::string> grouping;
  bool without = false;
};

struct VectorMatching {
  Cardinality card = Cardinality::OneToOne;
  std::vector<std::string> labels;
  bool on = false;
  std::vector<std::string> include;  // group_left(...) or group_right(...)
  std::optional<double> fill_left, fill_right;
};

struct Binary {
  BinaryOp op = BinaryOp::Add;
  ExprPtr left, right;
  std::optional<VectorMatching> matching;  // set when both sides are vectors
  bool return_bool = false;
};

struct Unary {
  BinaryOp op = BinaryOp::Sub;  // Add or Sub
  ExprPtr expr;
};

struct Paren {
  ExprPtr expr;
};

// One node of the tree. A value but for being held by unique_ptr; clone() copies it.
struct Expr {
  PositionRange position;
  ValueType type = ValueType::None;  // set by the parser
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Call,
               Aggregate, Binary, Unary, Paren>
      node;
};

ExprPtr clone(const Expr& expr);

// Which experimental constructs the checker accepts: Prometheus' --enable-feature names.
struct Features {
  bool experimental_functions = false;    // promql-experimental-functions
  bool extended_range_selectors = false;  // promql-extended-range-selectors
  bool binop_fill_modifiers = false;      // promql-binop-fill-modifiers
  bool delayed_name_removal = false;      // promql-delayed-name-removal
  bool use_start_timestamps = false;      // use-start-timestamps
  bool type_and_unit_labels = false;      // type-and-unit-labels
  // promql-duration-expr is accepted and does nothing: on since 3.14.
};

}  // namespace gnomon::promql
