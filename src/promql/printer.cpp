#include "src/promql/printer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "src/base/limits.h"
#include "src/base/overloaded.h"
#include "src/base/text.h"

namespace gnomon::promql {

namespace {

constexpr size_t kLineMax = 100;

bool is_plain_label(std::string_view name) {
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return !name.empty();
}

// Seconds as the duration they are written as: "-1m30s".
std::string seconds_text(double seconds) {
  const bool negative = seconds < 0;
  const auto ms = static_cast<int64_t>(static_cast<int64_t>(std::fabs(seconds) * 1e9) / 1'000'000);
  return (negative ? "-" : "") + base::format_duration(ms);
}

// An operator right behind an offset would be the expression's, not the offset's.
bool needs_parentheses(const DurationExpr& offset) {
  if (offset.wrapped) return false;
  if (offset.kind == DurationExpr::Kind::Binary) return true;
  return offset.kind == DurationExpr::Kind::Unary && !offset.left->wrapped &&
         (offset.left->kind == DurationExpr::Kind::Binary ||
          offset.left->kind == DurationExpr::Kind::Unary);
}

// Appends to one string, because trees are deep. A printer with a bound stops soon after it, which
// is how prettify() asks whether something fits on a line.
class Printer {
 public:
  explicit Printer(size_t bound = std::string::npos) : bound_(bound) {}

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }
  bool full() const { return out_.size() > bound_; }

  void expression(const Expr& expr) {
    if (full()) return;
    std::visit(base::overloaded{
                   [&](const NumberLiteral& node) { number(node.value, node.duration); },
                   [&](const StringLiteral& node) { out_ += base::quote(node.value); },
                   [&](const VectorSelector& node) {
                     selector(node);
                     at(node.time);
                     extended(node);
                     offset(node.time);
                   },
                   [&](const MatrixSelector& node) { matrix(node); },
                   [&](const Subquery& node) {
                     expression(*node.expr);
                     subquery_suffix(node);
                   },
                   [&](const Call& node) {
                     out_ += node.function->name;
                     arguments(node);
                   },
                   [&](const Aggregate& node) {
                     aggregate_head(node);
                     out_ += "(";
                     if (node.param) {
                       expression(*node.param);
                       out_ += ", ";
                     }
                     expression(*node.expr);
                     out_ += ")";
                   },
                   [&](const Binary& node) {
                     expression(*node.left);
                     out_ += " ";
                     operation(node);
                     out_ += " ";
                     expression(*node.right);
                   },
                   [&](const Unary& node) {
                     out_ += binary_op_text(node.op);
                     expression(*node.expr);
                   },
                   [&](const Paren& node) {
                     out_ += "(";
                     expression(*node.expr);
                     out_ += ")";
                   },
               },
               expr.node);
  }

  void aggregate_head(const Aggregate& node) {
    out_ += aggregate_op_text(node.op);
    if (!node.without && node.grouping.empty()) return;
    out_ += node.without ? " without " : " by ";
    labels(node.grouping);
    out_ += " ";
  }

  void subquery_suffix(const Subquery& node) {
    out_ += "[";
    duration(node.range);
    out_ += ":";
    if (node.step.ms != 0 || node.step.expr) duration(node.step);
    out_ += "]";
    at(node.time);
    offset(node.time);
  }

  // A binary operator with all that stands between it and its right side.
  void operation(const Binary& node) {
    out_ += binary_op_text(node.op);
    if (node.return_bool) out_ += " bool";
    if (!node.matching) return;
    const VectorMatching& matching = *node.matching;
    const bool grouped =
        matching.card == Cardinality::ManyToOne || matching.card == Cardinality::OneToMany;
    if (!matching.labels.empty() || matching.on || grouped) {
      out_ += matching.on ? " on " : " ignoring ";
      labels(matching.labels);
    }
    if (grouped) {
      out_ += matching.card == Cardinality::ManyToOne ? " group_left " : " group_right ";
      labels(matching.include);
    }
    if (matching.fill_left && matching.fill_left == matching.fill_right) {
      fill(" fill", *matching.fill_left);
      return;
    }
    if (matching.fill_left) fill(" fill_left", *matching.fill_left);
    if (matching.fill_right) fill(" fill_right", *matching.fill_right);
  }

 private:
  void labels(const std::vector<std::string>& names) {
    out_ += "(";
    for (size_t i = 0; i < names.size() && !full(); ++i) {
      if (i > 0) out_ += ", ";
      out_ += is_plain_label(names[i]) ? names[i] : base::quote(names[i]);
    }
    out_ += ")";
  }

  void number(double value, bool duration) {
    out_ += duration ? seconds_text(value) : base::format_float(value);
  }

  void fill(std::string_view word, double value) {
    out_ += word;
    out_ += " (" + base::format_float_g(value) + ")";
  }

  void arguments(const Call& node) {
    out_ += "(";
    for (size_t i = 0; i < node.arguments.size() && !full(); ++i) {
      if (i > 0) out_ += ", ";
      expression(*node.arguments[i]);
    }
    out_ += ")";
  }

  void selector(const VectorSelector& node) {
    std::vector<std::string> matchers;
    for (const model::Matcher& matcher : node.matchers) {
      const bool is_name = matcher.name() == "__name__" &&
                           matcher.kind() == model::MatchKind::Equal &&
                           matcher.value() == node.name && !node.name.empty();
      if (!is_name) matchers.push_back(model::to_string(matcher));
    }
    out_ += node.name;
    if (matchers.empty()) {
      if (node.name.empty()) out_ += "{}";
      return;
    }
    std::sort(matchers.begin(), matchers.end());
    out_ += "{";
    for (size_t i = 0; i < matchers.size(); ++i) {
      if (i > 0) out_ += ",";
      out_ += matchers[i];
    }
    out_ += "}";
  }

  void matrix(const MatrixSelector& node) {
    const auto& inner = std::get<VectorSelector>(node.selector->node);
    selector(inner);
    out_ += "[";
    duration(node.range);
    out_ += "]";
    extended(inner);
    at(inner.time);
    offset(inner.time);
  }

  void extended(const VectorSelector& node) {
    if (node.anchored) out_ += " anchored";
    if (node.smoothed) out_ += " smoothed";
  }

  void at(const TimeModifier& time) {
    if (time.at == AtKind::Start) out_ += " @ start()";
    if (time.at == AtKind::End) out_ += " @ end()";
    if (time.at != AtKind::Timestamp) return;
    char text[64];
    std::snprintf(text, sizeof(text), " @ %.3f", static_cast<double>(time.at_ms) / 1000.0);
    out_ += text;
  }

  void offset(const TimeModifier& time) {
    const Duration& offset = time.offset;
    if (offset.expr) {
      const bool wrap = needs_parentheses(*offset.expr);
      out_ += wrap ? " offset (" : " offset ";
      duration(*offset.expr);
      if (wrap) out_ += ")";
    } else if (offset.ms != 0) {
      out_ += offset.ms > 0 ? " offset " : " offset -";
      out_ += base::format_duration(offset.ms > 0 ? offset.ms : -offset.ms);
    }
  }

  void duration(const Duration& duration) {
    if (duration.expr) {
      this->duration(*duration.expr);
    } else {
      out_ += base::format_duration(duration.ms);
    }
  }

  void duration(const DurationExpr& expr) {
    if (full()) return;
    if (expr.wrapped) out_ += "(";
    switch (expr.kind) {
      case DurationExpr::Kind::Literal:
        number(expr.seconds, expr.literal_is_duration);
        break;
      case DurationExpr::Kind::Unary:
        if (expr.op == BinaryOp::Sub) out_ += "-";
        duration(*expr.left);
        break;
      case DurationExpr::Kind::Binary:
        pair(expr, " " + std::string(binary_op_text(expr.op)) + " ");
        break;
      case DurationExpr::Kind::Step:
        out_ += "step()";
        break;
      case DurationExpr::Kind::Range:
        out_ += "range()";
        break;
      case DurationExpr::Kind::MinOf:
      case DurationExpr::Kind::MaxOf:
        out_ += expr.kind == DurationExpr::Kind::MinOf ? "min_of(" : "max_of(";
        pair(expr, ", ");
        out_ += ")";
        break;
    }
    if (expr.wrapped) out_ += ")";
  }

  void pair(const DurationExpr& expr, std::string_view between) {
    duration(*expr.left);
    out_ += between;
    duration(*expr.right);
  }

  const size_t bound_;
  std::string out_;
};

// Breaks what does not fit on a line, from the root down. A node that fits stays whole, whatever is
// around it; a subquery that does is not indented, as in Prometheus.
class Prettifier {
 public:
  std::string take() { return std::move(out_); }

  void expression(const Expr& expr, size_t level) {
    if (const auto* node = std::get_if<Unary>(&expr.node)) return unary(*node, level);
    Printer line(kLineMax);
    line.expression(expr);
    const bool breaks =
        std::holds_alternative<Subquery>(expr.node) || std::holds_alternative<Call>(expr.node) ||
        std::holds_alternative<Aggregate>(expr.node) || std::holds_alternative<Binary>(expr.node) ||
        std::holds_alternative<Paren>(expr.node);
    if (line.full() && breaks) return broken(expr, level);
    if (!std::holds_alternative<Subquery>(expr.node)) indent(level);
    out_ += line.full() ? to_string(expr) : line.text();
  }

 private:
  void broken(const Expr& expr, size_t level) {
    std::visit(base::overloaded{
                   [](const auto&) {},
                   [&](const Subquery& node) {
                     expression(*node.expr, level);
                     Printer suffix;
                     suffix.subquery_suffix(node);
                     out_ += suffix.text();
                   },
                   [&](const Call& node) { call(node, level); },
                   [&](const Aggregate& node) { aggregate(node, level); },
                   [&](const Binary& node) {
                     expression(*node.left, level + 1);
                     line_break(level);
                     Printer operation;
                     operation.operation(node);
                     out_ += operation.text() + "\n";
                     expression(*node.right, level + 1);
                   },
                   [&](const Paren& node) {
                     indent(level);
                     out_ += "(\n";
                     expression(*node.expr, level + 1);
                     line_break(level);
                     out_ += ")";
                   },
               },
               expr.node);
  }

  void call(const Call& node, size_t level) {
    indent(level);
    out_ += node.function->name;
    out_ += "(\n";
    for (size_t i = 0; i < node.arguments.size(); ++i) {
      if (i > 0) out_ += ",\n";
      expression(*node.arguments[i], level + 1);
    }
    line_break(level);
    out_ += ")";
  }

  void aggregate(const Aggregate& node, size_t level) {
    indent(level);
    Printer head;
    head.aggregate_head(node);
    out_ += head.text() + "(\n";
    if (node.param) {
      expression(*node.param, level + 1);
      out_ += ",\n";
    }
    expression(*node.expr, level + 1);
    line_break(level);
    out_ += ")";
  }

  // The operator stands before the operand's first line, behind that line's indent.
  void unary(const Unary& node, size_t level) {
    const size_t start = out_.size();
    expression(*node.expr, level);
    const size_t first = out_.find_first_not_of(' ', start);
    const std::string sign = std::string(2 * std::min(level, base::kFormatIndentMax), ' ') +
                             std::string(binary_op_text(node.op));
    out_.replace(start, first - start, sign);
  }

  void indent(size_t level) { out_.append(2 * std::min(level, base::kFormatIndentMax), ' '); }
  void line_break(size_t level) {
    out_ += "\n";
    indent(level);
  }

  std::string out_;
};

}  // namespace

std::string to_string(const Expr& expr) {
  Printer printer;
  printer.expression(expr);
  return printer.take();
}

std::string prettify(const Expr& expr) {
  Prettifier prettifier;
  prettifier.expression(expr, 0);
  return prettifier.take();
}

}  // namespace gnomon::promql
