#include "src/promql/printer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

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

std::string labels_text(const std::vector<std::string>& names) {
  std::string out = "(";
  for (const std::string& name : names) {
    if (out.size() > 1) out += ", ";
    out += is_plain_label(name) ? name : base::quote(name);
  }
  return out + ")";
}

// Seconds as the duration they are written as: "-1m30s".
std::string seconds_text(double seconds) {
  const bool negative = seconds < 0;
  const auto ms = static_cast<int64_t>(static_cast<int64_t>(std::fabs(seconds) * 1e9) / 1'000'000);
  return (negative ? "-" : "") + base::format_duration(ms);
}

std::string number_text(double value, bool duration) {
  return duration ? seconds_text(value) : base::format_float(value);
}

std::string duration_text(const DurationExpr& expr);

std::string bare_duration_text(const DurationExpr& expr) {
  const auto pair = [&](std::string_view between) {
    return duration_text(*expr.left) + std::string(between) + duration_text(*expr.right);
  };
  switch (expr.kind) {
    case DurationExpr::Kind::Literal:
      return number_text(expr.seconds, expr.literal_is_duration);
    case DurationExpr::Kind::Unary:
      return (expr.op == BinaryOp::Sub ? "-" : "") + duration_text(*expr.left);
    case DurationExpr::Kind::Binary:
      return pair(" " + std::string(binary_op_text(expr.op)) + " ");
    case DurationExpr::Kind::Step:
      return "step()";
    case DurationExpr::Kind::Range:
      return "range()";
    case DurationExpr::Kind::MinOf:
      return "min_of(" + pair(", ") + ")";
    case DurationExpr::Kind::MaxOf:
      return "max_of(" + pair(", ") + ")";
  }
  return "";
}

std::string duration_text(const DurationExpr& expr) {
  const std::string text = bare_duration_text(expr);
  return expr.wrapped ? "(" + text + ")" : text;
}

std::string duration_text(const Duration& duration) {
  return duration.expr ? duration_text(*duration.expr) : base::format_duration(duration.ms);
}

std::string at_text(const TimeModifier& time) {
  switch (time.at) {
    case AtKind::None:
      return "";
    case AtKind::Start:
      return " @ start()";
    case AtKind::End:
      return " @ end()";
    case AtKind::Timestamp:
      break;
  }
  char text[64];
  std::snprintf(text, sizeof(text), " @ %.3f", static_cast<double>(time.at_ms) / 1000.0);
  return text;
}

// An operator right behind an offset would be the expression's, not the offset's.
bool needs_parentheses(const DurationExpr& offset) {
  if (offset.wrapped) return false;
  if (offset.kind == DurationExpr::Kind::Binary) return true;
  return offset.kind == DurationExpr::Kind::Unary && !offset.left->wrapped &&
         (offset.left->kind == DurationExpr::Kind::Binary ||
          offset.left->kind == DurationExpr::Kind::Unary);
}

std::string offset_text(const TimeModifier& time) {
  const Duration& offset = time.offset;
  if (offset.expr) {
    const std::string text = duration_text(*offset.expr);
    return " offset " + (needs_parentheses(*offset.expr) ? "(" + text + ")" : text);
  }
  if (offset.ms > 0) return " offset " + base::format_duration(offset.ms);
  if (offset.ms < 0) return " offset -" + base::format_duration(-offset.ms);
  return "";
}

std::string extended_text(const VectorSelector& node) {
  if (node.anchored) return " anchored";
  return node.smoothed ? " smoothed" : "";
}

std::string bare_selector_text(const VectorSelector& node) {
  std::vector<std::string> matchers;
  for (const model::Matcher& matcher : node.matchers) {
    const bool is_name = matcher.name() == "__name__" &&
                         matcher.kind() == model::MatchKind::Equal &&
                         matcher.value() == node.name && !node.name.empty();
    if (!is_name) matchers.push_back(model::to_string(matcher));
  }
  std::string out = node.name;
  if (matchers.empty()) return out.empty() ? "{}" : out;
  std::sort(matchers.begin(), matchers.end());
  for (size_t i = 0; i < matchers.size(); ++i) out += (i == 0 ? "{" : ",") + matchers[i];
  return out + "}";
}

std::string matching_text(const Binary& node) {
  std::string out = node.return_bool ? " bool" : "";
  if (!node.matching) return out;
  const VectorMatching& matching = *node.matching;
  const bool grouped =
      matching.card == Cardinality::ManyToOne || matching.card == Cardinality::OneToMany;
  if (!matching.labels.empty() || matching.on || grouped) {
    out += (matching.on ? " on " : " ignoring ") + labels_text(matching.labels);
  }
  if (grouped) {
    out += matching.card == Cardinality::ManyToOne ? " group_left " : " group_right ";
    out += labels_text(matching.include);
  }
  const auto fill = [&](std::string_view word, double value) {
    out += std::string(word) + " (" + base::format_float_g(value) + ")";
  };
  if (matching.fill_left && matching.fill_left == matching.fill_right) {
    fill(" fill", *matching.fill_left);
    return out;
  }
  if (matching.fill_left) fill(" fill_left", *matching.fill_left);
  if (matching.fill_right) fill(" fill_right", *matching.fill_right);
  return out;
}

std::string aggregate_head(const Aggregate& node) {
  std::string out(aggregate_op_text(node.op));
  if (node.without) return out + " without " + labels_text(node.grouping) + " ";
  if (!node.grouping.empty()) out += " by " + labels_text(node.grouping) + " ";
  return out;
}

std::string subquery_suffix(const Subquery& node) {
  std::string step;
  if (node.step.ms != 0 || node.step.expr) step = duration_text(node.step);
  return "[" + duration_text(node.range) + ":" + step + "]" + at_text(node.time) +
         offset_text(node.time);
}

std::string operator_text(const Binary& node) {
  return std::string(binary_op_text(node.op)) + matching_text(node);
}

std::string matrix_text(const MatrixSelector& node) {
  const auto& selector = std::get<VectorSelector>(node.selector->node);
  return bare_selector_text(selector) + "[" + duration_text(node.range) + "]" +
         extended_text(selector) + at_text(selector.time) + offset_text(selector.time);
}

std::string call_text(const Call& node) {
  std::string out(node.function->name);
  out += "(";
  for (size_t i = 0; i < node.arguments.size(); ++i) {
    if (i > 0) out += ", ";
    out += to_string(*node.arguments[i]);
  }
  return out + ")";
}

std::string indent(size_t level) { return std::string(2 * level, ' '); }

std::string pretty(const Expr& expr, size_t level);

std::string pretty_arguments(const Call& node, size_t level) {
  std::string out;
  for (size_t i = 0; i < node.arguments.size(); ++i) {
    if (i > 0) out += ",\n";
    out += pretty(*node.arguments[i], level);
  }
  return out;
}

std::string pretty_unary(const Unary& node, size_t level) {
  std::string child = pretty(*node.expr, level);
  child.erase(0, child.find_first_not_of(' '));
  return indent(level) + std::string(binary_op_text(node.op)) + child;
}

std::string pretty_aggregate(const Aggregate& node, size_t level) {
  std::string out = indent(level) + aggregate_head(node) + "(\n";
  if (node.param) out += pretty(*node.param, level + 1) + ",\n";
  return out + pretty(*node.expr, level + 1) + "\n" + indent(level) + ")";
}

// A node of at most kLineMax characters stays on one line, whatever is around it. A subquery that
// stays so is not indented and unary operators look at their operand only, both as in Prometheus.
std::string pretty(const Expr& expr, size_t level) {
  if (const auto* unary = std::get_if<Unary>(&expr.node)) return pretty_unary(*unary, level);
  std::string line = to_string(expr);
  const bool split = line.size() > kLineMax;
  const auto whole = [&] { return indent(level) + line; };
  return std::visit(
      base::overloaded{
          [&](const auto&) { return whole(); },
          [&](const Subquery& node) {
            return split ? pretty(*node.expr, level) + subquery_suffix(node) : line;
          },
          [&](const Call& node) {
            if (!split) return whole();
            return indent(level) + std::string(node.function->name) + "(\n" +
                   pretty_arguments(node, level + 1) + "\n" + indent(level) + ")";
          },
          [&](const Aggregate& node) { return split ? pretty_aggregate(node, level) : whole(); },
          [&](const Binary& node) {
            if (!split) return whole();
            return pretty(*node.left, level + 1) + "\n" + indent(level) + operator_text(node) +
                   "\n" + pretty(*node.right, level + 1);
          },
          [&](const Paren& node) {
            if (!split) return whole();
            return indent(level) + "(\n" + pretty(*node.expr, level + 1) + "\n" + indent(level) +
                   ")";
          },
      },
      expr.node);
}

}  // namespace

std::string to_string(const Expr& expr) {
  return std::visit(
      base::overloaded{
          [](const NumberLiteral& node) { return number_text(node.value, node.duration); },
          [](const StringLiteral& node) { return base::quote(node.value); },
          [](const VectorSelector& node) {
            return bare_selector_text(node) + at_text(node.time) + extended_text(node) +
                   offset_text(node.time);
          },
          [](const MatrixSelector& node) { return matrix_text(node); },
          [](const Subquery& node) { return to_string(*node.expr) + subquery_suffix(node); },
          [](const Call& node) { return call_text(node); },
          [](const Aggregate& node) {
            std::string out = aggregate_head(node) + "(";
            if (node.param) out += to_string(*node.param) + ", ";
            return out + to_string(*node.expr) + ")";
          },
          [](const Binary& node) {
            return to_string(*node.left) + " " + operator_text(node) + " " + to_string(*node.right);
          },
          [](const Unary& node) {
            return std::string(binary_op_text(node.op)) + to_string(*node.expr);
          },
          [](const Paren& node) { return "(" + to_string(*node.expr) + ")"; },
      },
      expr.node);
}

std::string prettify(const Expr& expr) { return pretty(expr, 0); }

}  // namespace gnomon::promql
