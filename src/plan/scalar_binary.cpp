#include "src/plan/scalar_binary.h"

#include <cmath>

#include "src/functions/go_math.h"
#include "src/model/sample.h"

namespace gnomon::plan {

double scalar_binary(promql::BinaryOp op, double left, double right) {
  using promql::BinaryOp;
  switch (op) {
    case BinaryOp::Add:
      return left + right;
    case BinaryOp::Sub:
      return left - right;
    case BinaryOp::Mul:
      return left * right;
    case BinaryOp::Div:
      return left / right;
    case BinaryOp::Mod:
      return std::fmod(left, right);
    case BinaryOp::Pow:
      return functions::go::pow(left, right);
    case BinaryOp::Atan2:
      return functions::go::atan2(left, right);
    case BinaryOp::Eq:
      return left == right;
    case BinaryOp::Ne:
      return left != right;
    case BinaryOp::Gt:
      return left > right;
    case BinaryOp::Lt:
      return left < right;
    case BinaryOp::Ge:
      return left >= right;
    case BinaryOp::Le:
      return left <= right;
    case BinaryOp::And:
    case BinaryOp::Or:
    case BinaryOp::Unless:
    case BinaryOp::TrimUpper:
    case BinaryOp::TrimLower:
      return model::kNaN;
  }
  return model::kNaN;
}

}  // namespace gnomon::plan
