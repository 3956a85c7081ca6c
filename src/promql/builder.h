#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/promql/ast.h"
#include "src/promql/literals.h"

namespace gnomon::promql {

// A piece of the query.
struct Piece {
  std::string_view text;
  int32_t start = 0;

  int32_t end() const { return start + static_cast<int32_t>(text.size()); }
};

// An error of a construct and when Prometheus' parser notices it: after reading how many tokens.
struct BuildError {
  ParseError error;
  size_t tokens_read = 0;
};

// Takes down a tree of any depth without recursion.
void dismantle(ExprPtr expr);
void dismantle(DurationExprPtr expr);

// Builds the tree from below: the parser calls one function for each rule it completes, in that
// order, and the operands wait on stacks. Refuses what is known to be wrong at that moment with
// Prometheus' words; after the first such error all calls do nothing.
class Builder {
 public:
  explicit Builder(const Features& features) : features_(features) {}
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  // How many tokens are consumed by now, and where the last one ends.
  void set_progress(size_t tokens, int32_t end) {
    tokens_ = tokens;
    end_ = end;
  }
  const std::optional<BuildError>& error() const { return error_; }
  ExprPtr take_expression();

  // Operands.
  void number(Piece token, bool duration);
  void number_literal();
  void string_literal(Piece token);
  void parenthesized(int32_t start);
  void begin_arguments();
  void trailing_comma(int32_t start);
  void call(Piece function);
  void aggregation(AggregateOp op, int32_t start, bool modifier_first, bool modifier_last);
  void grouping_modifier(bool without);

  // Grouping lists.
  void begin_grouping();
  void grouping_label(Piece token, bool quoted);

  // Operators.
  void unary(BinaryOp op, int32_t start);
  void begin_matching();
  void matching_bool();
  void matching_labels(bool on);
  void matching_include(Cardinality card, bool labels);
  void fill_value(bool negative);
  void fill(bool left, bool right);
  void binary(BinaryOp op);

  // Selectors.
  void metric_name(Piece token);
  void matcher(Piece name, bool quoted, model::MatchKind kind, Piece value);
  void name_matcher(Piece name);
  void vector_selector(int32_t start);
  void range(int32_t bracket);
  void subquery(bool step);
  void anchored();
  void smoothed();
  void at_number(bool negative);
  void at_preprocessor(AtKind kind);
  void offset(bool look_ahead);

  // Durations.
  void duration_literal();
  void signed_duration_literal(BinaryOp sign, int32_t start);
  void duration_call(DurationExpr::Kind kind, Piece function);
  void duration_pick(DurationExpr::Kind kind);
  void duration_wrapped();
  void duration_unary(BinaryOp op, int32_t start);
  // A sign that stands before a call: kept in the tree even if it is +.
  void duration_signed_call(BinaryOp op, int32_t start);
  void duration_binary(BinaryOp op, int32_t start);
  void positive_duration();

 private:
  struct Number {
    double value = 0;
    bool duration = false;
    PositionRange position;
  };
  struct Matching {
    VectorMatching vectors;
    bool return_bool = false;
  };
  struct Grouping {
    std::vector<std::string> labels;
    bool without = false;
  };

  // look_ahead: Prometheus' parser has read the next token when it notices.
  void fail(int32_t start, std::string message, bool look_ahead = false);
  bool failed() const { return error_.has_value(); }
  ExprPtr pop();
  DurationExprPtr pop_duration();
  Number pop_number();
  void push(PositionRange position, ValueType type, decltype(Expr::node) node);
  void push_duration(DurationExprPtr expr) { durations_.push_back(std::move(expr)); }
  Duration to_duration(DurationExprPtr expr);
  TimeModifier* time_modifier(Expr& expr, std::string_view what, bool look_ahead);
  VectorSelector* extended(std::string_view modifier);
  void set_at(AtKind kind, int64_t at_ms);
  std::vector<ExprPtr> pop_arguments();

  const Features features_;
  std::optional<BuildError> error_;
  size_t tokens_ = 0;
  int32_t end_ = 0;

  std::vector<ExprPtr> exprs_;
  std::vector<DurationExprPtr> durations_;
  std::vector<Number> numbers_;
  std::vector<size_t> argument_marks_;
  std::vector<std::string> grouping_;
  std::vector<Grouping> modifiers_;
  std::vector<Matching> matchings_;
  double fill_value_ = 0;
  std::string name_;
  model::Matchers matchers_;
};

}  // namespace gnomon::promql
