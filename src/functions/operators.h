#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gnomon::functions {

// The binary operators of the query languages.
enum class BinaryOp : uint8_t {
  Add,
  Sub,
  Mul,
  Div,
  Mod,
  Pow,
  Atan2,
  Eq,
  Ne,
  Gt,
  Lt,
  Ge,
  Le,
  And,
  Or,
  Unless,
  TrimUpper,
  TrimLower,
};

enum class OperatorKind : uint8_t {
  Arithmetic,  // the result is another quantity than the operands: metric names go
  Comparison,  // of two scalars 1 or 0; of vectors a filter, with `bool` 1 or 0
  Set,         // of vectors only: which series pass
  Trim,        // of a native histogram and a float: the observations below or above it
};

// Everything there is to know of an operator, in one row: parsers, printers, checkers and exec read
// it. Its arithmetic on floats: src/functions/float_operators.h.
struct Operator {
  BinaryOp op;
  std::string_view text;  // in PromQL, LogQL and EXPLAIN
  OperatorKind kind;
};

// In the order of the enumerators.
inline constexpr std::array kOperators = {
    Operator{BinaryOp::Add, "+", OperatorKind::Arithmetic},
    Operator{BinaryOp::Sub, "-", OperatorKind::Arithmetic},
    Operator{BinaryOp::Mul, "*", OperatorKind::Arithmetic},
    Operator{BinaryOp::Div, "/", OperatorKind::Arithmetic},
    Operator{BinaryOp::Mod, "%", OperatorKind::Arithmetic},
    Operator{BinaryOp::Pow, "^", OperatorKind::Arithmetic},
    Operator{BinaryOp::Atan2, "atan2", OperatorKind::Arithmetic},
    Operator{BinaryOp::Eq, "==", OperatorKind::Comparison},
    Operator{BinaryOp::Ne, "!=", OperatorKind::Comparison},
    Operator{BinaryOp::Gt, ">", OperatorKind::Comparison},
    Operator{BinaryOp::Lt, "<", OperatorKind::Comparison},
    Operator{BinaryOp::Ge, ">=", OperatorKind::Comparison},
    Operator{BinaryOp::Le, "<=", OperatorKind::Comparison},
    Operator{BinaryOp::And, "and", OperatorKind::Set},
    Operator{BinaryOp::Or, "or", OperatorKind::Set},
    Operator{BinaryOp::Unless, "unless", OperatorKind::Set},
    Operator{BinaryOp::TrimUpper, "</", OperatorKind::Trim},
    Operator{BinaryOp::TrimLower, ">/", OperatorKind::Trim},
};

constexpr std::string_view binary_op_text(BinaryOp op) {
  return kOperators[static_cast<size_t>(op)].text;
}
constexpr OperatorKind kind_of(BinaryOp op) { return kOperators[static_cast<size_t>(op)].kind; }
constexpr bool is_arithmetic(BinaryOp op) { return kind_of(op) == OperatorKind::Arithmetic; }
constexpr bool is_comparison(BinaryOp op) { return kind_of(op) == OperatorKind::Comparison; }
constexpr bool is_set_operator(BinaryOp op) { return kind_of(op) == OperatorKind::Set; }
constexpr bool is_trim(BinaryOp op) { return kind_of(op) == OperatorKind::Trim; }

// The operator with this text; keywords in lower case.
constexpr std::optional<BinaryOp> find_operator(std::string_view text) {
  for (const Operator& row : kOperators) {
    if (row.text == text) return row.op;
  }
  return std::nullopt;
}

static_assert(
    [] {
      for (size_t i = 0; i < kOperators.size(); ++i) {
        if (kOperators[i].op != static_cast<BinaryOp>(i)) return false;
      }
      return kOperators.back().op == BinaryOp::TrimLower;
    }(),
    "every operator has a row, in the order of the enumerators");

// How many series of each side of an operator may belong to one match group: the left side's
// number comes first. ManyToMany: set operators.
enum class Cardinality : uint8_t { OneToOne, ManyToOne, OneToMany, ManyToMany };

}  // namespace gnomon::functions
