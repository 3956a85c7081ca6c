#include <algorithm>
#include <optional>

#include "src/exec/arithmetic.h"
#include "src/exec/names.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

using promql::Cardinality;
using Members = std::vector<std::vector<uint32_t>>;  // series numbers by match group

// Arithmetic and comparison of two vectors. All label work is done before the first step: series
// of both sides get a match group, and each pair within a group becomes one output column.
class MatchOperator final : public BlockingOperator {
 public:
  MatchOperator(Context& context, const model::TimeGrid& grid, const plan::Binary& binary,
                model::PositionRange position, OperatorPtr left, OperatorPtr right)
      : BlockingOperator(context, grid),
        matching_(*binary.matching),
        rule_{binary.op, binary.return_bool, false, position},
        swapped_(binary.matching->card == Cardinality::OneToMany),
        many_input_(std::move(swapped_ ? right : left)),
        one_input_(std::move(swapped_ ? left : right)),
        many_(context),
        one_(context) {}

 private:
  static constexpr uint32_t kFilled = UINT32_MAX;  // in place of a series: the fill value

  // A column to compute.
  struct Pair {
    uint32_t many = kFilled;
    uint32_t one = kFilled;
    uint32_t group = 0;
    SeriesMeta result;
  };

  Result<Output> compute() override {
    TRY_VOID(many_.fill(*many_input_));
    TRY_VOID(one_.fill(*one_input_));
    assign_groups();
    TRY_VOID(check_one_side());
    if (matching_.card == Cardinality::OneToOne) TRY_VOID(check_many_side());
    std::vector<Pair> pairs = make_pairs();
    if (matching_.card != Cardinality::OneToOne) TRY_VOID(check_results(pairs));
    Output output;
    for (auto& pair : pairs) {
      TRY_VOID(context_.check());
      model::Column column = combine(pair);
      if (!column.empty()) output.add(std::move(pair.result), std::move(column));
    }
    return output;
  }

  std::optional<double> fill_one() const { return matching_.fill_right; }
  std::optional<double> fill_many() const { return matching_.fill_left; }

  void assign_groups() {
    LabelKey key(matching_.on, matching_.labels, !context_.delayed_name_removal);
    KeyNumbers groups;
    std::string packed;
    auto assign = [&](const std::vector<SeriesMeta>& series, Members& members) {
      for (uint32_t i = 0; i < series.size(); ++i) {
        key.write(series[i], packed);
        auto [group, added] = groups.add(packed);
        if (added) group_labels_.emplace_back(packed);
        if (members.size() <= group) members.resize(group + 1);
        members[group].push_back(i);
      }
    };
    assign(many_.series, many_members_);
    assign(one_.series, one_members_);
    many_members_.resize(group_labels_.size());
    one_members_.resize(group_labels_.size());
  }

  static bool any_point(const Materialized& side, size_t step) {
    return std::any_of(side.columns.begin(), side.columns.end(),
                       [&](const auto& column) { return column.has(step); });
  }

  // A step at which a side is empty yields nothing and is not checked, unless that side is filled.
  bool is_active(size_t step) const {
    return (fill_many() || any_point(many_, step)) && (fill_one() || any_point(one_, step));
  }

  // "One" has to be one: at no step two series of a group.
  Result<void> check_one_side() const {
    // Of several, the one that is met first, step by step and series by series, is named.
    size_t first_step = steps();
    uint32_t first = 0, second = UINT32_MAX, at_group = 0;
    for (uint32_t group = 0; group < one_members_.size(); ++group) {
      const auto& members = one_members_[group];
      if (members.size() < 2) continue;
      for (size_t step = 0; step < std::min(first_step + 1, steps()); ++step) {
        std::optional<uint32_t> seen;
        for (uint32_t i : members) {
          if (!one_.columns[i].has(step)) continue;
          if (!seen) {
            seen = i;
            continue;
          }
          if ((step < first_step || i < second) && is_active(step)) {
            first_step = step;
            first = *seen;
            second = i;
            at_group = group;
          }
          break;
        }
      }
    }
    if (first_step == steps()) return {};
    std::string a = model::to_string(visible_labels(context_, one_.series[first]));
    std::string b = model::to_string(visible_labels(context_, one_.series[second]));
    if (b < a) std::swap(a, b);
    return Error{ErrorKind::Execution,
                 "found duplicate series for the match group " +
                     model::to_string(group_labels_[at_group]) + " on the " +
                     (swapped_ ? "left" : "right") + " hand-side of the operation: [" + a + ", " +
                     b +
                     "];many-to-many matching not allowed: matching labels must be unique on "
                     "one side"};
  }

  // One-to-one: at no step two series of the left side meet one of the right.
  Result<void> check_many_side() const {
    for (uint32_t group = 0; group < many_members_.size(); ++group) {
      const auto& members = many_members_[group];
      if (members.size() < 2) continue;
      for (size_t step = 0; step < steps(); ++step) {
        size_t present = 0;
        for (uint32_t i : members) present += many_.columns[i].has(step);
        if (present < 2 || !(fill_one() || group_has(one_, one_members_[group], step))) continue;
        return Error{ErrorKind::Execution,
                     "multiple matches for labels: many-to-one matching must be explicit "
                     "(group_left/group_right)"};
      }
    }
    return {};
  }

  static bool group_has(const Materialized& side, const std::vector<uint32_t>& members,
                        size_t step) {
    return std::any_of(members.begin(), members.end(),
                       [&](uint32_t i) { return side.columns[i].has(step); });
  }

  std::vector<Pair> make_pairs() const {
    std::vector<Pair> pairs;
    std::vector<uint32_t> group_of_many(many_.series.size());
    for (uint32_t group = 0; group < many_members_.size(); ++group) {
      for (uint32_t i : many_members_[group]) group_of_many[i] = group;
    }
    for (uint32_t i = 0; i < many_.series.size(); ++i) {
      uint32_t group = group_of_many[i];
      for (uint32_t j : one_members_[group]) {
        pairs.push_back({i, j, group, result_of(many_.series[i], one_.series[j])});
      }
      if (!fill_one()) continue;
      SeriesMeta filled{group_labels_[group], false};
      pairs.push_back({i, kFilled, group, result_of(many_.series[i], filled)});
    }
    if (!fill_many()) return pairs;
    for (uint32_t group = 0; group < one_members_.size(); ++group) {
      SeriesMeta filled{group_labels_[group], false};
      for (uint32_t j : one_members_[group]) {
        pairs.push_back({kFilled, j, group, result_of(filled, one_.series[j])});
      }
    }
    return pairs;
  }

  // The labels of a result: Prometheus' resultMetric.
  SeriesMeta result_of(const SeriesMeta& many, const SeriesMeta& one) const {
    SeriesMeta result = many;
    result.drop_name |= rule_.return_bool || changes_quantity(rule_.op);
    bool one_to_one = matching_.card == Cardinality::OneToOne;
    if (one_to_one && !matching_.on && matching_.labels.empty()) return result;
    if (!one_to_one && matching_.include.empty()) return result;
    SeriesMeta visible{visible_labels(context_, result), result.drop_name};
    if (one_to_one) {
      visible.labels = matching_.on ? model::keep_labels(visible.labels, matching_.labels)
                                    : model::drop_labels(visible.labels, matching_.labels);
      return visible;
    }
    model::Labels source = visible_labels(context_, one);
    model::LabelsBuilder builder(visible.labels.view());
    for (const auto& name : matching_.include) builder.set(name, source.get(name));
    visible.labels = builder.build();
    // A name that was copied is not the one that was to be dropped.
    if (std::find(matching_.include.begin(), matching_.include.end(), model::kMetricName) !=
        matching_.include.end()) {
      visible.drop_name = one.drop_name && context_.delayed_name_removal;
    }
    return visible;
  }

  bool pair_has(const Pair& pair, size_t step) const {
    bool many = pair.many == kFilled ? !group_has(many_, many_members_[pair.group], step)
                                     : many_.columns[pair.many].has(step);
    bool one = pair.one == kFilled ? !group_has(one_, one_members_[pair.group], step)
                                   : one_.columns[pair.one].has(step);
    return many && one;
  }

  // group_left, group_right: within a match group the results have to differ.
  Result<void> check_results(const std::vector<Pair>& pairs) const {
    KeyNumbers labels;
    std::vector<std::vector<uint32_t>> same;
    for (uint32_t p = 0; p < pairs.size(); ++p) {
      std::string key(visible_labels(context_, pairs[p].result).packed());
      key += '\xff' + std::to_string(pairs[p].group);
      auto [number, added] = labels.add(key);
      if (added) same.emplace_back();
      same[number].push_back(p);
    }
    for (const auto& group : same) {
      for (size_t step = 0; group.size() > 1 && step < steps(); ++step) {
        size_t present = 0;
        for (uint32_t p : group) present += pair_has(pairs[p], step);
        if (present < 2) continue;
        return Error{ErrorKind::Execution,
                     "multiple matches for labels: grouping labels must ensure unique matches"};
      }
    }
    return {};
  }

  // The fill value wherever the group has no series on that side.
  model::Column filled(const Materialized& side, const std::vector<uint32_t>& members,
                       double value) const {
    model::Column column;
    column.reset(steps());
    for (size_t step = 0; step < steps(); ++step) {
      if (!group_has(side, members, step)) column.values[step] = value;
    }
    return column;
  }

  model::Column combine(const Pair& pair) {
    model::Column filler;
    const model::Column* many = &filler;
    const model::Column* one = &filler;
    if (pair.many == kFilled) {
      filler = filled(many_, many_members_[pair.group], *fill_many());
      one = &one_.columns[pair.one];
    } else if (pair.one == kFilled) {
      filler = filled(one_, one_members_[pair.group], *fill_one());
      many = &many_.columns[pair.many];
    } else {
      many = &many_.columns[pair.many];
      one = &one_.columns[pair.one];
    }
    model::Column out;
    const auto& left = swapped_ ? *one : *many;
    const auto& right = swapped_ ? *many : *one;
    combine_columns(rule_, left, right, context_.annotations, out);
    return out;
  }

  plan::Matching matching_;
  BinaryRule rule_;
  bool swapped_;  // group_right: the many side is on the right
  OperatorPtr many_input_, one_input_;
  Materialized many_, one_;
  Members many_members_, one_members_;
  std::vector<model::Labels> group_labels_;
};

}  // namespace

OperatorPtr make_match(Context& context, const model::TimeGrid& grid, const plan::Binary& binary,
                       model::PositionRange position, OperatorPtr left, OperatorPtr right) {
  return std::make_unique<MatchOperator>(context, grid, binary, position, std::move(left),
                                         std::move(right));
}

}  // namespace gnomon::exec
