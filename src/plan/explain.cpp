#include "src/base/overloaded.h"
#include "src/base/text.h"
#include "src/plan/plan.h"

namespace gnomon::plan {

namespace {

std::string ms(int64_t value) { return std::to_string(value) + "ms"; }

std::string names(const std::vector<std::string>& all) {
  std::string out = "(";
  for (const auto& name : all) {
    if (out.size() > 1) out += ", ";
    out += name;
  }
  return out + ")";
}

std::string modifier(functions::RangeModifier modifier) {
  switch (modifier) {
    case functions::RangeModifier::None:
      return "";
    case functions::RangeModifier::Anchored:
      return " anchored";
    case functions::RangeModifier::Smoothed:
      return " smoothed";
  }
  return "";
}

// " at -300000ms": how sample times differ from evaluation times; "" when they do not.
std::string shift(const TimeGrid& samples, const TimeGrid& grid) {
  if (samples == grid) return "";
  if (samples.steps() == 1 && grid.steps() > 1) return " @ " + ms(samples.start_ms);
  return " at " + ms(samples.start_ms - grid.start_ms);
}

std::string matching(const Matching& m) {
  std::string out;
  if (m.on || !m.labels.empty()) out += (m.on ? " on " : " ignoring ") + names(m.labels);
  if (m.card == functions::Cardinality::ManyToOne) out += " group_left " + names(m.include);
  if (m.card == functions::Cardinality::OneToMany) out += " group_right " + names(m.include);
  if (m.fill_left) out += " fill_left(" + base::format_float(*m.fill_left) + ")";
  if (m.fill_right) out += " fill_right(" + base::format_float(*m.fill_right) + ")";
  return out;
}

std::string describe(const Aggregate& a) {
  std::string out = "group " + std::string(functions::aggregate_op_text(a.op));
  if (!a.label.empty()) out += " " + base::quote(a.label);
  if (a.without || !a.grouping.empty()) out += (a.without ? " without " : " by ");
  if (a.without || !a.grouping.empty()) out += names(a.grouping);
  return out;
}

std::string describe(const Instant& i, const TimeGrid& grid) {
  static constexpr std::string_view kNames[] = {"last", "timestamp", "start_timestamp"};
  return std::string(kNames[static_cast<size_t>(i.reading)]) + "[" + ms(i.lookback_ms) + "]" +
         (i.smoothed ? " smoothed" : "") + (i.histogram_stats ? " histogram stats" : "") +
         shift(i.sample_grid, grid);
}

std::string describe(const Rollup& r, const TimeGrid& grid) {
  return "rollup " + std::string(r.function->name) + "[" + ms(r.range_ms) + "]" +
         modifier(r.modifier) + (r.histogram_stats ? " histogram stats" : "") +
         shift(r.sample_grid, grid);
}

std::string describe(const Sort& s) {
  return std::string("sort") + (s.by_label ? " by " + names(s.labels) : "") +
         (s.descending ? " descending" : "");
}

using Note = std::function<std::string(NodeId)>;

// A node with several consumers is written in full once; `written` says which have been.
void print(const Plan& plan, NodeId id, size_t depth, const Note& note, std::vector<bool>& written,
           std::string& out) {
  auto below = inputs(plan.nodes[id]);
  bool again = written[id] && !below.empty();
  written[id] = true;
  out.append(2 * depth, ' ');
  out += to_string(plan.nodes[id]);
  if (again) {
    out += " (shared, see above)\n";
    return;
  }
  if (note) out += note(id);
  out += '\n';
  for (NodeId input : below) print(plan, input, depth + 1, note, written, out);
}

}  // namespace

std::string to_string(const Node& node) {
  return std::visit(
      base::overloaded{
          [](const Number& n) { return "number " + base::format_float(n.value); },
          [](const Text& t) { return "text " + base::quote(t.value); },
          [](const Time&) { return std::string("time"); },
          [](const Scan& s) { return storage::to_string(s.fragment); },
          [&](const Subquery&) { return std::string("subquery"); },
          [&](const Instant& i) { return describe(i, node.grid); },
          [&](const Rollup& r) { return describe(r, node.grid); },
          [](const RawSamples& r) {
            return "samples[" + ms(r.range_ms) + "]" + modifier(r.modifier);
          },
          [](const Map& m) { return "map " + std::string(m.function->name); },
          [](const ScalarCall& c) { return "scalar " + std::string(c.function->name); },
          [](const ToScalar&) { return std::string("to scalar"); },
          [](const ToVector&) { return std::string("to vector"); },
          [](const EvaluationTime& n) {
            return std::string(n.of_start ? "no start times" : "evaluation time");
          },
          [](const Absent& a) { return "absent " + model::to_string(a.labels); },
          [](const Sort& s) { return describe(s); },
          [](const LabelReplace& l) {
            return "label_replace " + base::quote(l.destination) + " " +
                   base::quote(l.replacement) + " " + base::quote(l.source) + " " +
                   base::quote(l.regex);
          },
          [](const LabelJoin& l) {
            return "label_join " + base::quote(l.destination) + " " + base::quote(l.separator) +
                   " " + names(l.sources);
          },
          [](const HistogramQuantile& h) {
            std::string name = h.fraction ? "histogram_fraction" : "histogram_quantile";
            return h.label ? name + "s " + base::quote(*h.label) : name;
          },
          [](const Info& i) {
            std::string out = "info";
            for (const auto& m : i.data_matchers) out += " " + model::to_string(m);
            return out;
          },
          [](const Aggregate& a) { return describe(a); },
          [](const Binary& b) {
            std::string out = "binary " + std::string(functions::binary_op_text(b.op));
            if (b.return_bool) out += " bool";
            return b.matching ? out + matching(*b.matching) : out;
          },
          [](const Negate&) { return std::string("negate"); },
          [](const Repeat&) { return std::string("repeat"); }},
      node.op);
}

std::string to_string(const Plan& plan, const Note& note) {
  std::string out;
  std::vector<bool> written(plan.nodes.size(), false);
  print(plan, static_cast<NodeId>(plan.nodes.size() - 1), 0, note, written, out);
  return out;
}

}  // namespace gnomon::plan
