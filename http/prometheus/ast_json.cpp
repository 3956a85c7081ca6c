#include "http/prometheus/ast_json.h"

#include <optional>

#include "http/json.h"
#include "src/base/text.h"

namespace gnomon::prometheus {
namespace {

using namespace promql;  // NOLINT: every name below is one of the tree
using http::JsonWriter;

std::string_view cardinality_name(Cardinality card) {
  switch (card) {
    case Cardinality::OneToOne:
      return "one-to-one";
    case Cardinality::ManyToOne:
      return "many-to-one";
    case Cardinality::OneToMany:
      return "one-to-many";
    case Cardinality::ManyToMany:
      return "many-to-many";
  }
  return "";
}

std::string_view duration_op(const DurationExpr& expr) {
  switch (expr.kind) {
    case DurationExpr::Kind::Step:
      return "step";
    case DurationExpr::Kind::Range:
      return "range";
    case DurationExpr::Kind::MinOf:
      return "min_of";
    case DurationExpr::Kind::MaxOf:
      return "max_of";
    default:
      return binary_op_text(expr.op);
  }
}

class AstWriter {
 public:
  std::string take() { return json_.take(); }

  void write(const Expr& expr) { std::visit(*this, expr.node); }

  void operator()(const NumberLiteral& number) {
    json_.begin_object().key("type").text("numberLiteral");
    json_.key("val").text(base::format_float(number.value)).end_object();
  }
  void operator()(const StringLiteral& string) {
    json_.begin_object().key("type").text("stringLiteral");
    json_.key("val").text(string.value).end_object();
  }
  void operator()(const Paren& paren) {
    json_.begin_object().key("expr");
    write(*paren.expr);
    json_.key("type").text("parenExpr").end_object();
  }
  void operator()(const Unary& unary) {
    json_.begin_object().key("expr");
    write(*unary.expr);
    json_.key("op").text(binary_op_text(unary.op)).key("type").text("unaryExpr").end_object();
  }
  void operator()(const VectorSelector& selector) {
    json_.begin_object();
    write_selector(selector, nullptr);
    json_.key("type").text("vectorSelector").end_object();
  }
  void operator()(const MatrixSelector& matrix) {
    json_.begin_object();
    write_selector(std::get<VectorSelector>(matrix.selector->node), &matrix.range);
    json_.key("type").text("matrixSelector").end_object();
  }
  void operator()(const Subquery& subquery) {
    json_.begin_object().key("expr");
    write(*subquery.expr);
    write_duration("offset", subquery.time.offset);
    write_duration("range", subquery.range);
    json_.key("startOrEnd");
    write_start_or_end(subquery.time);
    write_duration("step", subquery.step);
    json_.key("timestamp");
    write_timestamp(subquery.time);
    json_.key("type").text("subquery").end_object();
  }
  void operator()(const Call& call) {
    const functions::Function& function = *call.function;
    json_.begin_object().key("args").begin_array();
    for (const ExprPtr& argument : call.arguments) write(*argument);
    json_.end_array().key("func").begin_object().key("argTypes").begin_array();
    for (ValueType type : function.arguments) json_.text(functions::type_name(type));
    json_.end_array().key("name").text(function.name);
    json_.key("returnType").text(functions::type_name(function.returns));
    json_.key("variadic").integer(function.variadic).end_object();
    json_.key("type").text("call").end_object();
  }
  void operator()(const Aggregate& aggregate) {
    json_.begin_object().key("expr");
    write(*aggregate.expr);
    json_.key("grouping").texts(aggregate.grouping);
    json_.key("op").text(aggregate_op_text(aggregate.op)).key("param");
    if (aggregate.param) {
      write(*aggregate.param);
    } else {
      json_.null();
    }
    json_.key("type").text("aggregation");
    json_.key("without").boolean(aggregate.without).end_object();
  }
  void operator()(const Binary& binary) {
    json_.begin_object().key("bool").boolean(binary.return_bool).key("lhs");
    write(*binary.left);
    json_.key("matching");
    write_matching(binary.matching);
    json_.key("op").text(binary_op_text(binary.op)).key("rhs");
    write(*binary.right);
    json_.key("type").text("binaryExpr").end_object();
  }

 private:
  void write_matching(const std::optional<VectorMatching>& matching) {
    if (!matching) {
      json_.null();
      return;
    }
    auto fill = [this](const std::optional<double>& value) {
      if (value) {
        json_.number(*value);
      } else {
        json_.null();
      }
    };
    json_.begin_object().key("card").text(cardinality_name(matching->card));
    json_.key("fillValues").begin_object().key("lhs");
    fill(matching->fill_left);
    json_.key("rhs");
    fill(matching->fill_right);
    json_.end_object().key("include").texts(matching->include);
    json_.key("labels").texts(matching->labels).key("on").boolean(matching->on).end_object();
  }

  void write_selector(const VectorSelector& selector, const Duration* range) {
    json_.key("anchored").boolean(selector.anchored).key("matchers").begin_array();
    for (const model::Matcher& matcher : selector.matchers) {
      json_.begin_object().key("name").text(matcher.name());
      json_.key("type").text(model::match_kind_symbol(matcher.kind()));
      json_.key("value").text(matcher.value()).end_object();
    }
    json_.end_array().key("name").text(selector.name);
    write_duration("offset", selector.time.offset);
    if (range != nullptr) write_duration("range", *range);
    json_.key("smoothed").boolean(selector.smoothed).key("startOrEnd");
    write_start_or_end(selector.time);
    json_.key("timestamp");
    write_timestamp(selector.time);
  }

  // Two keys: "offset" and "offsetExpr".
  void write_duration(const std::string& key, const Duration& duration) {
    json_.key(key).integer(duration.ms).key(key + "Expr");
    write_duration_expr(duration.expr.get());
  }

  void write_duration_expr(const DurationExpr* expr) {
    if (expr == nullptr) {
      json_.null();
      return;
    }
    if (expr->kind == DurationExpr::Kind::Literal) {
      json_.begin_object().key("type").text("numberLiteral");
      json_.key("val").text(base::format_float(expr->seconds)).end_object();
      return;
    }
    // An operator with one operand has it on the right.
    bool unary = expr->kind == DurationExpr::Kind::Unary;
    json_.begin_object().key("lhs");
    write_duration_expr(unary ? nullptr : expr->left.get());
    json_.key("op").text(duration_op(*expr)).key("rhs");
    write_duration_expr(unary ? expr->left.get() : expr->right.get());
    json_.key("type").text("durationExpr").key("wrapped").boolean(expr->wrapped).end_object();
  }

  void write_start_or_end(const TimeModifier& time) {
    if (time.at == AtKind::Start || time.at == AtKind::End) {
      json_.text(time.at == AtKind::Start ? "start" : "end");
    } else {
      json_.null();
    }
  }

  void write_timestamp(const TimeModifier& time) {
    if (time.at == AtKind::Timestamp) {
      json_.integer(time.at_ms);
    } else {
      json_.null();
    }
  }

  JsonWriter json_;
};

}  // namespace

std::string ast_json(const Expr& expr) {
  AstWriter writer;
  writer.write(expr);
  return writer.take();
}

}  // namespace gnomon::prometheus
