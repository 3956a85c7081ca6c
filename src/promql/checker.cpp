#include "src/promql/checker.h"

#include <algorithm>
#include <string>
#include <vector>

#include "src/base/limits.h"
#include "src/base/text.h"
#include "src/parsing/guard.h"
#include "src/promql/walk.h"

namespace gnomon::promql {

namespace {

using functions::type_description;
using functions::type_name;
using Found = std::optional<ParseError>;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_operand(ValueType type) {
  return type == ValueType::Scalar || type == ValueType::InstantVector;
}

ParseError error_at(const Expr& expr, std::string message) {
  return {expr.position.start, std::move(message)};
}

Found expect_type(const Expr& expr, ValueType want, std::string_view context) {
  if (expr.type == want) return std::nullopt;
  return error_at(expr, "expected type " + std::string(type_description(want)) + " in " +
                            std::string(context) + ", got " +
                            std::string(type_description(expr.type)));
}

// Walks the tree with a stack of its own, because chains of operators lean left and are as deep as
// they are long. Checks come in the order of Prometheus', which reports the first.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  Found run(Expr& root) {
    if (Found error = enter(root)) return error;
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.next == frame.children.size()) {
        Expr& done = *frame.expr;
        frames_.pop_back();
        if (Found error = leave(done)) return error;
        if (!frames_.empty()) {
          if (Found error = child_done(*frames_.back().expr, frames_.back().next - 1, done)) {
            return error;
          }
        }
        continue;
      }
      Expr& child = *frame.children[frame.next++];
      if (Found error = enter(child)) return error;
    }
    if (deepest_ <= base::kQueryDepthMax) return std::nullopt;
    return parsing::too_deep(0);
  }

 private:
  struct Frame {
    Expr* expr;
    std::vector<Expr*> children;
    size_t next = 0;
  };

  Found enter(Expr& expr) {
    Frame frame{&expr, {}, 0};
    if (auto* aggregate = std::get_if<Aggregate>(&expr.node)) {
      frame.children.push_back(aggregate->expr.get());
      if (aggregate->param) frame.children.push_back(aggregate->param.get());
    } else {
      for_each_child(expr, [&](ExprPtr& child) { frame.children.push_back(child.get()); });
    }
    frames_.push_back(std::move(frame));
    deepest_ = std::max(deepest_, frames_.size() + duration_depth(expr));
    if (const auto* call = std::get_if<Call>(&expr.node)) return before_arguments(expr, *call);
    return std::nullopt;
  }

  // What Prometheus checks once one child is checked, before the next.
  static Found child_done(const Expr& expr, size_t index, const Expr& child) {
    if (const auto* aggregate = std::get_if<Aggregate>(&expr.node)) {
      if (index == 0) {
        return expect_type(child, ValueType::InstantVector, "aggregation expression");
      }
      return expect_type(child, functions::aggregation(aggregate->op).parameter,
                         "aggregation parameter");
    }
    if (const auto* call = std::get_if<Call>(&expr.node)) {
      const auto& wanted = call->function->arguments;
      if (index >= wanted.size() && call->function->variadic == 0) return std::nullopt;
      return expect_type(child, wanted[std::min(index, wanted.size() - 1)],
                         "call to function " + base::quote(call->function->name));
    }
    return std::nullopt;
  }

  Found leave(Expr& expr) {
    return std::visit(base::overloaded{
                          [](const auto&) { return Found(); },
                          [&](const Unary& node) { return unary(expr, node); },
                          [&](const Subquery& node) { return subquery(expr, node); },
                          [&](const VectorSelector& node) { return selector(expr, node); },
                          [&](Binary& node) { return binary(expr, node); },
                      },
                      expr.node);
  }

  Found before_arguments(const Expr& expr, const Call& call) {
    const functions::Function& function = *call.function;
    const auto declared = static_cast<int>(function.arguments.size());
    const auto got = static_cast<int>(call.arguments.size());
    const auto wrong = [&](std::string_view bound, int count) {
      return error_at(expr, "expected " + std::string(bound) + std::to_string(count) +
                                " argument(s) in call to " + base::quote(function.name) + ", got " +
                                std::to_string(got));
    };
    if (function.variadic == 0) {
      if (got != declared) return wrong("", declared);
    } else {
      const int least = declared - 1;
      if (got < least) return wrong("at least ", least);
      const int most = least + function.variadic;
      if (function.variadic > 0 && got > most) return wrong("at most ", most);
    }
    if (function.name == "info" && got > 1) return info_selector(expr, *call.arguments[1]);
    return std::nullopt;
  }

  // info()'s second argument is only the braces of a selector, and may be {}.
  Found info_selector(const Expr& call, const Expr& argument) {
    if (argument.type != ValueType::InstantVector) {
      return error_at(call, "expected type instant vector in call to function \"info\", got " +
                                std::string(type_description(argument.type)));
    }
    const auto* selector = std::get_if<VectorSelector>(&argument.node);
    if (selector == nullptr) return error_at(argument, "expected label selectors only");
    if (!selector->name.empty()) {
      return error_at(argument, "expected label selectors only, got vector selector instead");
    }
    may_be_empty_ = &argument;
    return std::nullopt;
  }

  static Found unary(const Expr& expr, const Unary& node) {
    if (is_operand(node.expr->type)) return std::nullopt;
    return error_at(expr,
                    "unary expression only allowed on expressions of type scalar or instant "
                    "vector, got " +
                        base::quote(type_description(node.expr->type)));
  }

  static Found subquery(const Expr& expr, const Subquery& node) {
    if (node.expr->type == ValueType::InstantVector) return std::nullopt;
    return error_at(expr, "subquery is only allowed on instant vector, got " +
                              std::string(type_name(node.expr->type)) + " instead");
  }

  Found selector(const Expr& expr, const VectorSelector& node) const {
    if (!node.name.empty()) {
      // The last matcher is the name before the braces.
      for (size_t i = 0; i + 1 < node.matchers.size(); ++i) {
        if (node.matchers[i].name() != "__name__") continue;
        return error_at(expr, "metric name must not be set twice: " + base::quote(node.name) +
                                  " or " + base::quote(node.matchers[i].value()));
      }
      return std::nullopt;
    }
    if (may_be_empty_ == &expr) return std::nullopt;
    for (const model::Matcher& matcher : node.matchers) {
      if (!matcher.matches_empty()) return std::nullopt;
    }
    return error_at(expr, "vector selector must contain at least one non-empty matcher");
  }

  // From behind the left side to before the right, without the space around.
  int32_t operator_start(const Binary& node) const {
    auto at = static_cast<size_t>(node.left->position.end);
    while (at < text_.size() && is_space(text_[at])) ++at;
    return static_cast<int32_t>(at);
  }

  Found binary(Expr& expr, Binary& node) const {
    const ValueType left = node.left->type;
    const ValueType right = node.right->type;
    VectorMatching& matching = *node.matching;
    if (node.return_bool && !is_comparison(node.op)) {
      return ParseError{operator_start(node),
                        "bool modifier can only be used on comparison operators"};
    }
    if (is_comparison(node.op) && !node.return_bool && left == ValueType::Scalar &&
        right == ValueType::Scalar) {
      return ParseError{operator_start(node), "comparisons between scalars must use BOOL modifier"};
    }
    if (is_set_operator(node.op) && matching.card == Cardinality::OneToOne) {
      matching.card = Cardinality::ManyToMany;
    }
    if (matching.on) {
      for (const std::string& label : matching.labels) {
        if (std::find(matching.include.begin(), matching.include.end(), label) ==
            matching.include.end()) {
          continue;
        }
        return ParseError{operator_start(node), "label " + base::quote(label) +
                                                    " must not occur in ON and GROUP clause at "
                                                    "once"};
      }
    }
    for (const Expr* side : {node.left.get(), node.right.get()}) {
      if (is_operand(side->type)) continue;
      return error_at(*side, "binary expression must contain only scalar and instant vector types");
    }
    if (left != ValueType::InstantVector || right != ValueType::InstantVector) {
      return with_scalar(expr, node);
    }
    return set_operator(expr, node);
  }

  static Found with_scalar(const Expr& expr, Binary& node) {
    const VectorMatching& matching = *node.matching;
    if (!matching.labels.empty()) {
      return error_at(expr, "vector matching only allowed between instant vectors");
    }
    if (matching.fill_left || matching.fill_right) {
      return error_at(expr, "filling in missing series only allowed between instant vectors");
    }
    node.matching.reset();
    if (!is_set_operator(node.op)) return std::nullopt;
    return error_at(expr, "set operator " + base::quote(binary_op_text(node.op)) +
                              " not allowed in binary scalar expression");
  }

  static Found set_operator(const Expr& expr, const Binary& node) {
    if (!is_set_operator(node.op)) return std::nullopt;
    const VectorMatching& matching = *node.matching;
    if (matching.card != Cardinality::ManyToMany) {
      return error_at(
          expr, "no grouping allowed for " + base::quote(binary_op_text(node.op)) + " operation");
    }
    if (matching.fill_left || matching.fill_right) {
      return error_at(expr, "filling in missing series not allowed for set operators");
    }
    return std::nullopt;
  }

  static size_t duration_depth(const Expr& expr) {
    const auto depth = [](const Duration& duration) {
      size_t levels = 0;
      std::vector<std::pair<const DurationExpr*, size_t>> pending;
      if (duration.expr) pending.emplace_back(duration.expr.get(), 1);
      while (!pending.empty()) {
        const auto [node, level] = pending.back();
        pending.pop_back();
        levels = std::max(levels, level);
        if (node->left) pending.emplace_back(node->left.get(), level + 1);
        if (node->right) pending.emplace_back(node->right.get(), level + 1);
      }
      return levels;
    };
    if (const auto* node = std::get_if<VectorSelector>(&expr.node)) {
      return depth(node->time.offset);
    }
    if (const auto* node = std::get_if<MatrixSelector>(&expr.node)) return depth(node->range);
    if (const auto* node = std::get_if<Subquery>(&expr.node)) {
      return std::max({depth(node->range), depth(node->step), depth(node->time.offset)});
    }
    return 0;
  }

  std::string_view text_;
  std::vector<Frame> frames_;
  size_t deepest_ = 0;
  const Expr* may_be_empty_ = nullptr;
};

}  // namespace

std::optional<ParseError> check(Expr& root, std::string_view text) {
  return Checker(text).run(root);
}

}  // namespace gnomon::promql
