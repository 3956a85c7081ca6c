#include "src/plan/build.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>

#include "src/base/overloaded.h"
#include "src/plan/invariant.h"

namespace gnomon::plan {

namespace {

using functions::RangeModifier;
using functions::ValueType;
using promql::Expr;

const Expr& without_parens(const Expr& expr) {
  const Expr* at = &expr;
  while (auto* paren = std::get_if<promql::Paren>(&at->node)) at = paren->expr.get();
  return *at;
}

// Where remarks on an argument are said to be: Prometheus does not see parentheses, and takes the
// samples of a subquery for those of a selector that stands at the beginning.
model::PositionRange remark_position(const Expr& argument) {
  const Expr& expr = without_parens(argument);
  return std::holds_alternative<promql::Subquery>(expr.node) ? model::PositionRange{}
                                                             : expr.position;
}

RangeModifier modifier_of(const promql::VectorSelector& selector) {
  if (selector.anchored) return RangeModifier::Anchored;
  return selector.smoothed ? RangeModifier::Smoothed : RangeModifier::None;
}

// Ranges, offsets and lookbacks are durations of at most 2^63 ns. From times within these bounds
// several of them can be added or taken away.
constexpr int64_t kRoomMs = 3 * (std::numeric_limits<int64_t>::max() / 1'000'000);
constexpr int64_t kEarliestMs = model::kTimeMin + kRoomMs;
constexpr int64_t kLatestMs = model::kTimeMax - kRoomMs;

// anchored and smoothed have a meaning for a few functions only; Prometheus says so when the query
// runs, which is why this is not a parse error.
Result<void> check_modifier(const promql::Call& call) {
  static constexpr std::string_view kAnchored[] = {"changes", "delta", "increase", "rate",
                                                   "resets"};
  static constexpr std::string_view kSmoothed[] = {"delta", "increase", "rate"};
  std::string_view name = call.function->name;
  for (const auto& argument : call.arguments) {
    auto* matrix = std::get_if<promql::MatrixSelector>(&without_parens(*argument).node);
    if (!matrix) continue;
    auto modifier = modifier_of(std::get<promql::VectorSelector>(matrix->selector->node));
    if (modifier == RangeModifier::None) continue;
    bool anchored = modifier == RangeModifier::Anchored;
    std::span<const std::string_view> allowed = kSmoothed;
    if (anchored) allowed = kAnchored;
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    std::string list;
    for (auto one : allowed) list += (list.empty() ? "" : ", ") + std::string(one);
    return Error{ErrorKind::Execution, std::string(anchored ? "anchored" : "smoothed") +
                                           " modifier can only be used with: " + list +
                                           " - not with " + std::string(name)};
  }
  return {};
}

// The absolute multiples of step in (start - range, end]: a subquery's own grid.
TimeGrid subquery_grid(const TimeGrid& samples, int64_t range_ms, int64_t step_ms) {
  int64_t after = samples.start_ms - range_ms;
  int64_t first = (after / step_ms) * step_ms;
  if (first <= after) first += step_ms;
  return {first, samples.last(), step_ms};
}

std::vector<std::string> sorted_unique(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// absent(): the labels that `=` matchers of a selector argument fix, each name at most once.
model::Labels absent_labels(const Expr& argument) {
  const Expr* at = &without_parens(argument);
  if (auto* matrix = std::get_if<promql::MatrixSelector>(&at->node)) at = matrix->selector.get();
  auto* selector = std::get_if<promql::VectorSelector>(&at->node);
  if (!selector) return {};
  model::LabelsBuilder labels;
  std::vector<std::string> seen;
  for (const auto& m : selector->matchers) {
    if (m.name() == model::kMetricName) continue;
    bool first = std::find(seen.begin(), seen.end(), m.name()) == seen.end();
    if (m.kind() == model::MatchKind::Equal && first) {
      labels.set(m.name(), m.value());
      seen.push_back(m.name());
    } else {
      labels.remove(m.name());
    }
  }
  return labels.build();
}

class Builder {
 public:
  explicit Builder(const BuildOptions& options) : options_(options) {}

  Result<Plan> take() {
    if (error_) return std::move(*error_);
    return std::move(plan_);
  }

  NodeId build(const Expr& expr, const TimeGrid& grid) {
    bool literal = std::holds_alternative<promql::NumberLiteral>(expr.node) ||
                   std::holds_alternative<promql::StringLiteral>(expr.node);
    if (grid.steps() > 1 && !literal && is_step_invariant(expr)) {
      NodeId once = build_here(expr, TimeGrid::instant(grid.start_ms));
      return add(Repeat{once}, expr, grid);
    }
    return build_here(expr, grid);
  }

  // The raw matrix of an instant query.
  void build_raw(const Expr& expr, const TimeGrid& grid) {
    Source source = build_source(expr, grid);
    add(RawSamples{source.node, source.grid.start_ms, source.range_ms, options_.lookback_ms,
                   source.modifier},
        expr, grid);
  }

 private:
  // What a range vector argument becomes.
  struct Source {
    NodeId node = 0;
    TimeGrid grid;
    bool fixed = false;     // by an @
    bool selector = false;  // or a subquery
    int64_t range_ms = 0;
    RangeModifier modifier = RangeModifier::None;
  };

  // What the calls around a selector want of histograms.
  struct HistogramUse {
    bool count_or_sum = false;
    bool buckets = false;
    bool stats() const { return count_or_sum && !buckets; }
  };

  // Sets the use for the life of the scope.
  class UseScope {
   public:
    UseScope(HistogramUse& use, HistogramUse inside) : use_(use), before_(use) { use = inside; }
    ~UseScope() { use_ = before_; }
    UseScope(const UseScope&) = delete;
    UseScope& operator=(const UseScope&) = delete;

   private:
    HistogramUse& use_;
    HistogramUse before_;
  };

  HistogramUse use_inside(std::string_view function) const {
    HistogramUse use = histograms_;
    use.count_or_sum |=
        function == "histogram_count" || function == "histogram_sum" || function == "histogram_avg";
    use.buckets |= function == "histogram_quantile" || function == "histogram_quantiles" ||
                   function == "histogram_fraction";
    return use;
  }

  // The grid, unless one could not calculate with its times.
  TimeGrid checked(const TimeGrid& grid) {
    if (grid.start_ms >= kEarliestMs && grid.end_ms <= kLatestMs) return grid;
    if (!error_) error_ = Error{ErrorKind::Execution, "the query reaches beyond all times"};
    return TimeGrid::instant(0);
  }

  // The times at which samples are looked up: @ and offset applied to the evaluation times.
  TimeGrid sample_grid(const promql::TimeModifier& time, const TimeGrid& grid) {
    const bool fixed = time.at != promql::AtKind::None;
    const TimeGrid from = checked(fixed ? TimeGrid::instant(time.at_ms) : grid);
    return checked({from.start_ms - time.offset.ms, from.end_ms - time.offset.ms, from.step_ms});
  }

  template <typename Op>
  NodeId add(Op op, const Expr& expr, const TimeGrid& grid) {
    Node node;
    node.op = std::move(op);
    node.grid = grid;
    node.type = expr.type;
    node.position = expr.position;
    plan_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(plan_.nodes.size() - 1);
  }

  NodeId build_here(const Expr& expr, const TimeGrid& grid) {
    return std::visit(
        base::overloaded{
            [&](const promql::NumberLiteral& n) { return add(Number{n.value}, expr, grid); },
            [&](const promql::StringLiteral& s) { return add(Text{s.value}, expr, grid); },
            [&](const promql::VectorSelector& s) {
              return build_instant(s, expr, grid, Reading::Value);
            },
            [&](const promql::MatrixSelector&) { return build_source(expr, grid).node; },
            [&](const promql::Subquery&) { return build_source(expr, grid).node; },
            [&](const promql::Call& c) { return build_call(c, expr, grid); },
            [&](const promql::Aggregate& a) { return build_aggregate(a, expr, grid); },
            [&](const promql::Binary& b) { return build_binary(b, expr, grid); },
            [&](const promql::Unary& u) {
              NodeId input = build(*u.expr, grid);
              if (u.op == promql::BinaryOp::Add) return input;
              return add(Negate{input}, expr, grid);
            },
            [&](const promql::Paren& p) { return build(*p.expr, grid); }},
        expr.node);
  }

  NodeId build_instant(const promql::VectorSelector& selector, const Expr& expr,
                       const TimeGrid& grid, Reading reading) {
    Instant instant;
    instant.sample_grid = sample_grid(selector.time, grid);
    instant.lookback_ms = options_.lookback_ms;
    instant.reading = reading;
    instant.smoothed = selector.smoothed;
    instant.histogram_stats = histograms_.stats();
    storage::Fragment fragment;
    fragment.matchers = selector.matchers;
    fragment.min_time_ms = instant.sample_grid.start_ms - options_.lookback_ms + 1;
    fragment.max_time_ms = instant.sample_grid.last();
    if (selector.smoothed) fragment.max_time_ms += options_.lookback_ms;
    instant.source = add(Scan{std::move(fragment)}, expr, grid);
    return add(instant, expr, grid);
  }

  Source build_source(const Expr& argument, const TimeGrid& grid) {
    const Expr& expr = without_parens(argument);
    Source source;
    if (auto* subquery = std::get_if<promql::Subquery>(&expr.node)) {
      source.grid = sample_grid(subquery->time, grid);
      source.fixed = subquery->time.at != promql::AtKind::None;
      source.range_ms = subquery->range.ms;
      int64_t step = subquery->step.ms;
      if (step == 0) step = options_.default_subquery_step_ms;
      TimeGrid inner = checked(subquery_grid(source.grid, source.range_ms, step));
      if (inner.start_ms > inner.end_ms) {  // no multiple of the step falls into the range
        source.node = add(Scan{nothing(inner.end_ms)}, expr, grid);
      } else {
        UseScope use(histograms_, {histograms_.count_or_sum, true});
        NodeId input = build(*subquery->expr, inner);
        source.node = add(Subquery{input}, expr, grid);
      }
      return source;
    }
    const auto& matrix = std::get<promql::MatrixSelector>(expr.node);
    const auto& selector = std::get<promql::VectorSelector>(matrix.selector->node);
    source.grid = sample_grid(selector.time, grid);
    source.fixed = selector.time.at != promql::AtKind::None;
    source.selector = true;
    source.range_ms = matrix.range.ms;
    source.modifier = modifier_of(selector);
    storage::Fragment fragment;
    fragment.matchers = selector.matchers;
    fragment.min_time_ms = source.grid.start_ms - source.range_ms + 1;
    fragment.max_time_ms = source.grid.last();
    if (source.modifier != RangeModifier::None) fragment.min_time_ms -= options_.lookback_ms;
    if (source.modifier == RangeModifier::Smoothed) fragment.max_time_ms += options_.lookback_ms;
    // The sample on the open border decides whether the first one inside is a reset.
    if (histograms_.stats()) fragment.min_time_ms -= 1;
    source.node = add(Scan{std::move(fragment)}, expr, grid);
    return source;
  }

  // A scan of no series: an empty interval of time under a matcher that nothing satisfies.
  static storage::Fragment nothing(int64_t at_ms) {
    storage::Fragment fragment;
    fragment.matchers.push_back(model::Matcher::equal(std::string(model::kMetricName), ""));
    fragment.min_time_ms = at_ms + 1;
    fragment.max_time_ms = at_ms;
    return fragment;
  }

  NodeId build_call(const promql::Call& call, const Expr& expr, const TimeGrid& grid) {
    if (auto checked = check_modifier(call); !checked.ok() && !error_) error_ = checked.error();
    UseScope use(histograms_, use_inside(call.function->name));
    switch (call.function->shape) {
      case functions::Shape::Rollup:
        return build_rollup(call, expr, grid);
      case functions::Shape::Map: {
        Map map{call.function, 0, {}};
        bool have_vector = false;
        for (const auto& argument : call.arguments) {
          NodeId id = build(*argument, grid);
          if (argument->type == ValueType::Scalar) {
            map.scalars.push_back(id);
          } else {
            map.input = id;
            have_vector = true;
          }
        }
        if (!have_vector) {  // hour() is hour(vector(time()))
          NodeId time = add(Time{}, expr, grid);
          plan_.nodes[time].type = ValueType::Scalar;
          map.input = add(ToVector{time}, expr, grid);
        }
        return add(std::move(map), expr, grid);
      }
      case functions::Shape::Scalar: {
        ScalarCall scalar{call.function, {}};
        for (const auto& argument : call.arguments) {
          scalar.arguments.push_back(build(*argument, grid));
        }
        return add(std::move(scalar), expr, grid);
      }
      case functions::Shape::Special:
        return build_special(call, expr, grid);
    }
    return 0;
  }

  NodeId build_rollup(const promql::Call& call, const Expr& expr, const TimeGrid& grid) {
    return build_rollup(*call.function, call.arguments, expr, grid);
  }

  NodeId build_rollup(const functions::Function& function,
                      const std::vector<promql::ExprPtr>& arguments, const Expr& expr,
                      const TimeGrid& grid) {
    Rollup rollup;
    rollup.function = &function;
    rollup.lookback_ms = options_.lookback_ms;
    for (const auto& argument : arguments) {
      rollup.argument_positions.push_back(remark_position(*argument));
      if (argument->type != ValueType::RangeVector) {
        rollup.scalars.push_back(build(*argument, grid));
        continue;
      }
      Source source = build_source(*argument, grid);
      rollup.source = source.node;
      rollup.sample_grid = source.grid;
      rollup.pinned = source.fixed && grid.steps() > 1;
      rollup.range_ms = source.range_ms;
      rollup.modifier = source.modifier;
      rollup.histogram_stats = source.selector && histograms_.stats();
      rollup.range_position = remark_position(*argument);
    }
    return add(std::move(rollup), expr, grid);
  }

  NodeId build_special(const promql::Call& call, const Expr& expr, const TimeGrid& grid) {
    const auto& args = call.arguments;
    std::string_view name = call.function->name;
    auto text = [&](size_t i) {
      return std::get<promql::StringLiteral>(without_parens(*args[i]).node).value;
    };
    auto texts_from = [&](size_t i) {
      std::vector<std::string> out;
      for (; i < args.size(); ++i) out.push_back(text(i));
      return out;
    };
    if (name == "time") return add(Time{}, expr, grid);
    if (name == "vector") return add(ToVector{build(*args[0], grid)}, expr, grid);
    if (name == "scalar") return add(ToScalar{build(*args[0], grid)}, expr, grid);
    if (name == "timestamp" || name == "start_timestamp") return build_timestamp(call, expr, grid);
    if (name == "absent") {
      return add(Absent{build(*args[0], grid), absent_labels(*args[0])}, expr, grid);
    }
    if (name == "absent_over_time") {
      // Which keeps the names: series of several metrics do not become one.
      const auto& last = *functions::find_function("last_over_time");
      NodeId input = build_rollup(last, args, expr, grid);
      return add(Absent{input, absent_labels(*args[0])}, expr, grid);
    }
    if (name == "sort" || name == "sort_desc") {
      return add(Sort{build(*args[0], grid), name == "sort_desc", false, {}}, expr, grid);
    }
    if (name == "sort_by_label" || name == "sort_by_label_desc") {
      bool descending = name == "sort_by_label_desc";
      return add(Sort{build(*args[0], grid), descending, true, texts_from(1)}, expr, grid);
    }
    if (name == "label_replace") {
      return add(LabelReplace{build(*args[0], grid), text(1), text(2), text(3), text(4)}, expr,
                 grid);
    }
    if (name == "label_join") {
      return add(LabelJoin{build(*args[0], grid), text(1), text(2), texts_from(3)}, expr, grid);
    }
    if (name == "info") return build_info(call, expr, grid);
    return build_histogram(call, expr, grid);
  }

  NodeId build_timestamp(const promql::Call& call, const Expr& expr, const TimeGrid& grid) {
    const Expr& argument = without_parens(*call.arguments[0]);
    const bool start = call.function->name == "start_timestamp";
    if (auto* selector = std::get_if<promql::VectorSelector>(&argument.node)) {
      return build_instant(*selector, argument, grid,
                           start ? Reading::StartTimestamp : Reading::Timestamp);
    }
    return add(EvaluationTime{build(argument, grid), start}, expr, grid);
  }

  NodeId build_histogram(const promql::Call& call, const Expr& expr, const TimeGrid& grid) {
    HistogramQuantile node;
    node.fraction = call.function->name == "histogram_fraction";
    for (const auto& argument : call.arguments) {
      if (argument->type == ValueType::String) {
        node.label = std::get<promql::StringLiteral>(without_parens(*argument).node).value;
        continue;
      }
      NodeId id = build(*argument, grid);
      if (argument->type == ValueType::Scalar) {
        node.scalars.push_back(id);
        node.scalar_positions.push_back(remark_position(*argument));
      } else {
        node.input = id;
        node.input_position = remark_position(*argument);
      }
    }
    return add(std::move(node), expr, grid);
  }

  NodeId build_info(const promql::Call& call, const Expr& expr, const TimeGrid& grid) {
    Info info;
    info.input = build(*call.arguments[0], grid);
    model::Matchers selected;  // which info series
    bool by_name = false, positive_name = false;
    if (call.arguments.size() > 1) {
      const auto& data = std::get<promql::VectorSelector>(call.arguments[1]->node);
      for (const auto& m : data.matchers) {
        if (m.name() == model::kMetricName) {
          by_name = true;
          positive_name |=
              m.kind() == model::MatchKind::Equal || m.kind() == model::MatchKind::Regex;
          selected.push_back(m);
        } else {
          info.data_matchers.push_back(m);
        }
      }
    }
    if (!by_name) {
      selected.push_back(model::Matcher::equal(std::string(model::kMetricName), "target_info"));
    } else if (!positive_name) {
      auto any = model::Matcher::create(model::MatchKind::Regex, std::string(model::kMetricName),
                                        ".+_info");
      selected.push_back(any.value());
    }
    selected.insert(selected.end(), info.data_matchers.begin(), info.data_matchers.end());
    info.info_matchers = selected;
    if (error_) return info.input;
    auto reference = reference_time(*call.arguments[0]).value_or(ReferenceTime{});
    TimeGrid times{grid.start_ms + reference.time_ms, grid.end_ms + reference.time_ms,
                   grid.step_ms};
    if (reference.fixed) times = TimeGrid::instant(reference.time_ms);
    times = checked(times);
    bool once = grid.steps() > 1 && reference.fixed;
    TimeGrid at = once ? TimeGrid::instant(grid.start_ms) : grid;
    storage::Fragment fragment;
    fragment.matchers = std::move(selected);
    fragment.min_time_ms = times.start_ms - options_.lookback_ms + 1;
    fragment.max_time_ms = times.last();
    NodeId scan = add(Scan{std::move(fragment)}, expr, at);
    Instant instant{scan, times, options_.lookback_ms, Reading::Value, false};
    info.info = add(instant, expr, at);
    instant.reading = Reading::Timestamp;
    info.info_times = add(instant, expr, at);
    if (once) {
      info.info = add(Repeat{info.info}, expr, grid);
      info.info_times = add(Repeat{info.info_times}, expr, grid);
    }
    return add(std::move(info), expr, grid);
  }

  NodeId build_aggregate(const promql::Aggregate& aggregate, const Expr& expr,
                         const TimeGrid& grid) {
    Aggregate node;
    node.op = aggregate.op;
    node.input_position = remark_position(*aggregate.expr);
    if (aggregate.param) {
      node.param_position = remark_position(*aggregate.param);
      const Expr& param = without_parens(*aggregate.param);
      if (auto* label = std::get_if<promql::StringLiteral>(&param.node)) {
        node.label = label->value;
      } else {
        node.param = build(*aggregate.param, grid);
      }
    }
    node.input = build(*aggregate.expr, grid);
    node.grouping = sorted_unique(aggregate.grouping);
    node.without = aggregate.without;
    return add(std::move(node), expr, grid);
  }

  NodeId build_binary(const promql::Binary& binary, const Expr& expr, const TimeGrid& grid) {
    Binary node;
    node.op = binary.op;
    node.return_bool = binary.return_bool;
    UseScope use(histograms_, {});
    node.left = build(*binary.left, grid);
    node.right = build(*binary.right, grid);
    bool vectors = binary.left->type == ValueType::InstantVector &&
                   binary.right->type == ValueType::InstantVector;
    if (vectors && binary.matching) {
      const auto& m = *binary.matching;
      node.matching =
          Matching{m.card, m.on, sorted_unique(m.labels), m.include, m.fill_left, m.fill_right};
    } else if (vectors) {
      node.matching = Matching{};
    }
    return add(std::move(node), expr, grid);
  }

  BuildOptions options_;
  Plan plan_;
  HistogramUse histograms_;
  std::optional<Error> error_;  // the first
};

}  // namespace

Result<Plan> build(const promql::Expr& expr, const TimeGrid& grid, const BuildOptions& options) {
  Builder builder(options);
  if (expr.type == ValueType::RangeVector) {
    builder.build_raw(expr, grid);
  } else {
    builder.build(expr, grid);
  }
  return builder.take();
}

}  // namespace gnomon::plan
