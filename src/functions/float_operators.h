#pragma once

#include <cmath>

#include "src/functions/go_math.h"
#include "src/functions/operators.h"

namespace gnomon::functions {

// The arithmetic of an operator on floats, written once for single numbers and for columns. Calls
// number(f) where f(left, right) is the result, truth(f) where f(left, right) says whether a
// comparison holds, and none() for set and trimming operators, which have no meaning for floats.
// `%` is C's fmod, `^` and atan2 are Go's.
template <typename Number, typename Truth, typename None>
auto with_float_operator(BinaryOp op, Number number, Truth truth, None none) {
  switch (op) {
    case BinaryOp::Add:
      return number([](double l, double r) { return l + r; });
    case BinaryOp::Sub:
      return number([](double l, double r) { return l - r; });
    case BinaryOp::Mul:
      return number([](double l, double r) { return l * r; });
    case BinaryOp::Div:
      return number([](double l, double r) { return l / r; });
    case BinaryOp::Mod:
      return number([](double l, double r) { return std::fmod(l, r); });
    case BinaryOp::Pow:
      return number([](double l, double r) { return go::pow(l, r); });
    case BinaryOp::Atan2:
      return number([](double l, double r) { return go::atan2(l, r); });
    case BinaryOp::Eq:
      return truth([](double l, double r) { return l == r; });
    case BinaryOp::Ne:
      return truth([](double l, double r) { return l != r; });
    case BinaryOp::Gt:
      return truth([](double l, double r) { return l > r; });
    case BinaryOp::Lt:
      return truth([](double l, double r) { return l < r; });
    case BinaryOp::Ge:
      return truth([](double l, double r) { return l >= r; });
    case BinaryOp::Le:
      return truth([](double l, double r) { return l <= r; });
    case BinaryOp::And:
    case BinaryOp::Or:
    case BinaryOp::Unless:
    case BinaryOp::TrimUpper:
    case BinaryOp::TrimLower:
      return none();
  }
  return none();
}

}  // namespace gnomon::functions
