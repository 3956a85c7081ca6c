#include "src/exec/lower.h"

#include <concepts>

#include "src/base/overloaded.h"
#include "src/exec/samples.h"
#include "src/exec/scalars.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

using functions::ValueType;
using plan::NodeId;

template <typename T, typename... Ts>
concept OneOf = (std::same_as<T, Ts> || ...);

// True when no two series of the node differ in their metric name only, so that dropping the names
// cannot make two series equal.
bool names_are_one(const plan::Plan& plan, NodeId id) {
  return std::visit(
      base::overloaded{
          [&](const plan::Scan& scan) {
            for (const auto& m : scan.fragment.matchers) {
              bool fixed = m.kind() == model::MatchKind::Equal && m.name() == model::kMetricName;
              if (fixed) return true;
            }
            return false;
          },
          [&](const plan::Subquery& n) { return names_are_one(plan, n.input); },
          [&](const plan::Instant& n) { return names_are_one(plan, n.source); },
          [&](const plan::Rollup& n) { return names_are_one(plan, n.source); },
          [&](const plan::Map& n) { return names_are_one(plan, n.input); },
          [&](const plan::Negate& n) { return names_are_one(plan, n.input); },
          [&](const plan::Repeat& n) { return names_are_one(plan, n.input); },
          [&](const plan::Sort& n) { return names_are_one(plan, n.input); },
          [&](const plan::ToVector&) { return true; },
          [&](const plan::Aggregate& a) {
            for (const auto& name : a.grouping) {
              if (name == model::kMetricName) return false;
            }
            return functions::aggregation(a.op).shape != functions::AggregateShape::Selection;
          },
          // One series at most, or series that may differ in their names.
          [&](const OneOf<plan::Number, plan::Text, plan::Time, plan::RawSamples, plan::ScalarCall,
                          plan::ToScalar, plan::EvaluationTime, plan::Absent, plan::LabelReplace,
                          plan::LabelJoin, plan::HistogramQuantile, plan::Info,
                          plan::Binary> auto&) { return false; }},
      plan.nodes[id].op);
}

// How often the expression names each node outside of subqueries.
std::vector<uint64_t> count_uses(const plan::Plan& plan) {
  std::vector<uint64_t> uses(plan.nodes.size(), 0);
  uses.back() = 1;
  for (size_t id = plan.nodes.size(); id-- > 0;) {
    const plan::Node& node = plan.nodes[id];
    if (std::holds_alternative<plan::Subquery>(node.op)) continue;
    for (NodeId input : plan::inputs(node)) uses[input] += uses[id];
    // info() reads its series once, for values and times.
    if (auto* info = std::get_if<plan::Info>(&node.op)) uses[info->info_times] -= uses[id];
  }
  return uses;
}

class Lowering {
 public:
  Lowering(const plan::Plan& plan, Context& context)
      : plan_(plan), context_(context), consumers_(plan.nodes.size(), 0), uses_(count_uses(plan)) {
    shared_.resize(plan.nodes.size());
    of_node_.resize(plan.nodes.size(), nullptr);
    for (const auto& node : plan.nodes) {
      for (NodeId id : plan::inputs(node)) ++consumers_[id];
    }
  }

  Lowered run() {
    OperatorPtr root = make(static_cast<NodeId>(plan_.nodes.size() - 1));
    return {std::move(root), std::move(of_node_)};
  }

 private:
  OperatorPtr make(NodeId id) {
    if (consumers_[id] <= 1) return make_own(id);
    if (!shared_[id]) shared_[id] = make_shared_input(context_, make_own(id));
    return make_reader(context_, shared_[id]);
  }

  std::vector<OperatorPtr> make_all(const std::vector<plan::Input>& inputs) {
    std::vector<OperatorPtr> all;
    for (NodeId id : inputs) all.push_back(make(id));
    return all;
  }

  OperatorPtr make_own(NodeId id) {
    const plan::Node& node = plan_.nodes[id];
    OperatorPtr made = std::visit([&](const auto& op) { return build(op, node); }, node.op);
    of_node_[id] = made.get();
    return made;
  }

  uint64_t uses(const plan::Node& node) const {
    return uses_[static_cast<size_t>(&node - plan_.nodes.data())];
  }

  // Dropping names may make series equal; with delayed name removal that is settled at the end.
  OperatorPtr merged(OperatorPtr input, NodeId source, const model::TimeGrid& grid,
                     Collision collision) {
    if (context_.delayed_name_removal || names_are_one(plan_, source)) return input;
    return make_merge(context_, grid, std::move(input), collision);
  }

  OperatorPtr build(const plan::Number& n, const plan::Node& node) {
    return make_number(context_, node.grid, n.value);
  }
  // Texts are read when the plan is built; as a root they do not get here.
  OperatorPtr build(const plan::Text&, const plan::Node& node) {
    return make_number(context_, node.grid, model::kNaN);
  }
  OperatorPtr build(const plan::Time&, const plan::Node& node) {
    return make_time(context_, node.grid);
  }
  // Sources are built by their consumers.
  OperatorPtr build(const plan::Scan&, const plan::Node&) { return nullptr; }
  OperatorPtr build(const plan::Subquery&, const plan::Node&) { return nullptr; }
  OperatorPtr build(const plan::RawSamples&, const plan::Node&) { return nullptr; }

  OperatorPtr build(const plan::Instant& n, const plan::Node& node) {
    const auto& scan = std::get<plan::Scan>(plan_.nodes[n.source].op);
    bool drop_name = n.reading != plan::Reading::Value;
    auto kernel = [n, position = node.position](bool) { return make_instant_kernel(n, position); };
    auto made =
        make_scan_operator(context_, node.grid, scan.fragment, drop_name, uses(node), kernel);
    if (!drop_name) return made;
    if (n.reading == plan::Reading::StartTimestamp && !context_.use_start_timestamps) {
      made = make_nothing(context_, node.grid, std::move(made));
    }
    return merged(std::move(made), n.source, node.grid, Collision::SameStep);
  }

  OperatorPtr build(const plan::Rollup& n, const plan::Node& node) {
    auto scalars = std::make_shared<std::vector<OperatorPtr>>(make_all(n.scalars));
    auto kernel = [&context = context_, n, grid = node.grid,
                   scalars](bool rolled_up) -> Result<std::unique_ptr<SampleKernel>> {
      if (rolled_up) return make_points_kernel(context, n, grid);
      return make_rollup_kernel(context, n, grid, *scalars);
    };
    bool drop_name = !n.function->keeps_name;
    OperatorPtr made;
    if (auto* scan = std::get_if<plan::Scan>(&plan_.nodes[n.source].op)) {
      made = make_scan_operator(context_, node.grid, scan->fragment, drop_name, uses(node), kernel);
    } else {
      NodeId input = std::get<plan::Subquery>(plan_.nodes[n.source].op).input;
      made =
          make_subquery_operator(context_, node.grid, make(input), drop_name, uses(node), kernel);
    }
    if (!drop_name) return made;
    return merged(std::move(made), n.source, node.grid, Collision::AnyPoints);
  }

  OperatorPtr build(const plan::Map& n, const plan::Node& node) {
    auto made = make_map(context_, node.grid, *n.function, make(n.input), make_all(n.scalars));
    return merged(std::move(made), n.input, node.grid, Collision::SameStep);
  }

  OperatorPtr build(const plan::ScalarCall& n, const plan::Node& node) {
    return make_scalar_call(context_, node.grid, n.function->scalar, make_all(n.arguments));
  }
  OperatorPtr build(const plan::ToScalar& n, const plan::Node& node) {
    return make_to_scalar(context_, node.grid, make(n.input));
  }
  OperatorPtr build(const plan::ToVector& n, const plan::Node& node) {
    return make_to_vector(context_, node.grid, make(n.input));
  }
  OperatorPtr build(const plan::EvaluationTime& n, const plan::Node& node) {
    auto made = n.of_start ? make_nothing(context_, node.grid, make(n.input))
                           : make_evaluation_time(context_, node.grid, make(n.input));
    return merged(std::move(made), n.input, node.grid, Collision::SameStep);
  }
  OperatorPtr build(const plan::Absent& n, const plan::Node& node) {
    return make_absent(context_, node.grid, n, make(n.input));
  }
  OperatorPtr build(const plan::Sort& n, const plan::Node& node) {
    return make_sort(context_, node.grid, n, node.position, make(n.input));
  }
  OperatorPtr build(const plan::LabelReplace& n, const plan::Node& node) {
    auto made = make_label_replace(context_, node.grid, n, make(n.input));
    return make_merge(context_, node.grid, std::move(made), Collision::SameStep);
  }
  OperatorPtr build(const plan::LabelJoin& n, const plan::Node& node) {
    auto made = make_label_join(context_, node.grid, n, make(n.input));
    return make_merge(context_, node.grid, std::move(made), Collision::SameStep);
  }
  OperatorPtr build(const plan::HistogramQuantile& n, const plan::Node& node) {
    auto made = make_histogram_quantile(context_, node.grid, n, make(n.input), make_all(n.scalars));
    return merged(std::move(made), n.input, node.grid, Collision::SameStep);
  }
  OperatorPtr build(const plan::Info& n, const plan::Node& node) {
    auto made = make_info(context_, node.grid, n, make(n.input), make(n.info), make(n.info_times));
    return make_merge(context_, node.grid, std::move(made), Collision::SameStep);
  }
  OperatorPtr build(const plan::Aggregate& n, const plan::Node& node) {
    OperatorPtr param = n.param ? make(*n.param) : nullptr;
    return make_aggregate(context_, node.grid, n, node.position, make(n.input), std::move(param));
  }

  OperatorPtr build(const plan::Binary& n, const plan::Node& node) {
    bool left_scalar = plan_.nodes[n.left].type == ValueType::Scalar;
    bool right_scalar = plan_.nodes[n.right].type == ValueType::Scalar;
    if (left_scalar && right_scalar) {
      return make_scalar_binary(context_, node.grid, n, make(n.left), make(n.right));
    }
    if (left_scalar || right_scalar) {
      auto made = make_vector_scalar(context_, node.grid, n, node.position, make(n.left),
                                     make(n.right), left_scalar);
      return merged(std::move(made), left_scalar ? n.right : n.left, node.grid,
                    Collision::SameStep);
    }
    auto made =
        functions::is_set_operator(n.op)
            ? make_set(context_, node.grid, n, make(n.left), make(n.right))
            : make_match(context_, node.grid, n, node.position, make(n.left), make(n.right));
    return make_merge(context_, node.grid, std::move(made), Collision::SameStep);
  }

  OperatorPtr build(const plan::Negate& n, const plan::Node& node) {
    auto made = make_negate(context_, node.grid, make(n.input));
    return merged(std::move(made), n.input, node.grid, Collision::SameStep);
  }
  OperatorPtr build(const plan::Repeat& n, const plan::Node& node) {
    return make_repeat(context_, node.grid, make(n.input));
  }

  const plan::Plan& plan_;
  Context& context_;
  std::vector<size_t> consumers_;
  std::vector<uint64_t> uses_;
  std::vector<std::shared_ptr<SharedInput>> shared_;
  std::vector<const Operator*> of_node_;
};

}  // namespace

Lowered lower(const plan::Plan& plan, Context& context) { return Lowering(plan, context).run(); }

}  // namespace gnomon::exec
