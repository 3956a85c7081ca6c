#include <algorithm>
#include <optional>

#include "src/base/limits.h"
#include "src/exec/arithmetic.h"
#include "src/exec/label_keys.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

using functions::Cardinality;
using Members = std::vector<std::vector<uint32_t>>;  // series numbers by match group

// Arithmetic and comparison of two vectors: VectorBinop of Prometheus' promql/engine.go. All label
// work is done before the first step: series of both sides get a match group, and each pair within
// a group becomes one output column.
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
    model::Column column;
    std::vector<bool> failed;  // steps at which the operands do not fit; empty: none
  };

  // Prometheus goes step by step: of several errors the one of the earliest step is named, and of
  // two at one step the one about the "one" side.
  Result<Output> compute() override {
    TRY_VOID(many_.fill(*many_input_));
    TRY_VOID(one_.fill(*one_input_));
    assign_groups();
    const Duplicate duplicate = first_duplicate();
    if (duplicate.step == 0 && steps() > 0) return duplicate_error(duplicate);
    std::vector<Pair> pairs;
    Hold hold(context_.budget);
    if (duplicate.step == steps() || pair_count() <= base::kMatchPairsTriedMax)
      pairs = make_pairs();
    const bool fallible =
        has_histograms(many_) || has_histograms(one_) || functions::is_trim(rule_.op);
    if (fallible) TRY_VOID(combine_all(pairs, 0, hold));
    if (first_clash(pairs, duplicate.step) < duplicate.step) return clash_error();
    if (duplicate.step < steps()) return duplicate_error(duplicate);
    if (!fallible) TRY_VOID(combine_all(pairs, 0, hold));
    if (fill_many()) TRY_VOID(fill_missing(pairs, hold));
    remarks_.hand_over(rule_.position, context_.annotations);
    Output output;
    for (Pair& pair : pairs) {
      if (!pair.column.empty()) output.add(std::move(pair.result), std::move(pair.column));
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

  // A step at which a side is empty yields nothing and is not checked, unless a side is filled.
  bool is_active(size_t step) const {
    const bool many = any_point(many_, step), one = any_point(one_, step);
    return (many && one) || ((many || one) && (fill_many() || fill_one()));
  }

  // Two series of the "one" side in a match group at one step.
  struct Duplicate {
    size_t step = 0;  // steps(): there is none
    uint32_t first = 0, second = UINT32_MAX, group = 0;
  };

  // Of several, the one that is met first, step by step and series by series.
  Duplicate first_duplicate() const {
    Duplicate found;
    found.step = steps();
    for (uint32_t group = 0; group < one_members_.size(); ++group) {
      const auto& members = one_members_[group];
      if (members.size() < 2) continue;
      for (size_t step = 0; step < std::min(found.step + 1, steps()); ++step) {
        std::optional<uint32_t> seen;
        for (uint32_t i : members) {
          if (!one_.columns[i].has(step)) continue;
          if (!seen) {
            seen = i;
            continue;
          }
          if ((step < found.step || i < found.second) && is_active(step)) {
            found = {step, *seen, i, group};
          }
          break;
        }
      }
    }
    return found;
  }

  Error duplicate_error(const Duplicate& duplicate) const {
    std::string a = model::to_string(visible_labels(context_, one_.series[duplicate.first]));
    std::string b = model::to_string(visible_labels(context_, one_.series[duplicate.second]));
    if (b < a) std::swap(a, b);
    return {ErrorKind::Execution,
            "found duplicate series for the match group " +
                model::to_string(group_labels_[duplicate.group]) + " on the " +
                (swapped_ ? "left" : "right") + " hand-side of the operation: [" + a + ", " + b +
                "];many-to-many matching not allowed: matching labels must be unique on one side"};
  }

  Error clash_error() const {
    const bool one_to_one = matching_.card == Cardinality::OneToOne;
    return {ErrorKind::Execution,
            std::string("multiple matches for labels: ") +
                (one_to_one ? "many-to-one matching must be explicit (group_left/group_right)"
                            : "grouping labels must ensure unique matches")};
  }

  static bool has_histograms(const Materialized& side) {
    return std::any_of(side.columns.begin(), side.columns.end(),
                       [](const auto& column) { return !column.histograms.empty(); });
  }

  static bool group_has(const Materialized& side, const std::vector<uint32_t>& members,
                        size_t step) {
    return std::any_of(members.begin(), members.end(),
                       [&](uint32_t i) { return side.columns[i].has(step); });
  }

  size_t pair_count() const {
    size_t count = 0;
    for (size_t group = 0; group < many_members_.size(); ++group) {
      count += many_members_[group].size() * one_members_[group].size();
    }
    return count;
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
        pairs.push_back({i, j, group, result_of(many_.series[i], one_.series[j]), {}, {}});
      }
      if (!fill_one()) continue;
      SeriesMeta filled{group_labels_[group], false};
      pairs.push_back({i, kFilled, group, result_of(many_.series[i], filled), {}, {}});
    }
    return pairs;
  }

  // Series of the "one" side that met nothing meet the fill value.
  Result<void> fill_missing(std::vector<Pair>& pairs, Hold& hold) {
    std::vector<std::vector<bool>> met(group_labels_.size(), std::vector<bool>(steps()));
    for (const Pair& pair : pairs) {
      for (size_t step = 0; step < steps(); ++step) {
        if (meets(pair, step)) met[pair.group][step] = true;
      }
    }
    std::vector<uint32_t> group_of_one(one_.series.size());
    for (uint32_t group = 0; group < one_members_.size(); ++group) {
      for (uint32_t j : one_members_[group]) group_of_one[j] = group;
    }
    const size_t first = pairs.size();
    for (uint32_t j = 0; j < one_.series.size(); ++j) {
      const uint32_t group = group_of_one[j];
      SeriesMeta filled{group_labels_[group], false};
      Pair pair{kFilled, j, group, result_of(filled, one_.series[j]), {}, {}};
      pair.failed = met[group];
      pairs.push_back(std::move(pair));
    }
    return combine_all(pairs, first, hold);
  }

  // The labels of a result: Prometheus' resultMetric. With delayed name removal arithmetic takes
  // the name away at once. A name that the many side is to lose is lost in the end; Prometheus
  // 3.14 lets it come back when two vectors are compared.
  SeriesMeta result_of(const SeriesMeta& many, const SeriesMeta& one) const {
    SeriesMeta result = many;
    if (context_.delayed_name_removal) {
      if (functions::is_arithmetic(rule_.op)) result.labels = without_name(result.labels);
      result.drop_name |= rule_.return_bool;
    } else {
      result.drop_name |= rule_.return_bool || functions::is_arithmetic(rule_.op);
    }
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
      visible.drop_name = context_.delayed_name_removal && (one.drop_name || rule_.return_bool);
    }
    return visible;
  }

  // Whether both operands are there and fit.
  bool meets(const Pair& pair, size_t step) const {
    if (!pair.failed.empty() && pair.failed[step]) return false;
    return many_.columns[pair.many].has(step) &&
           (pair.one == kFilled ? !group_has(one_, one_members_[pair.group], step)
                                : one_.columns[pair.one].has(step));
  }

  // One-to-one: two series of the left side meet one of the right. group_left, group_right: two
  // results of a match group have the same labels. The first step before `end` at which that is
  // so, else `end`.
  size_t first_clash(const std::vector<Pair>& pairs, size_t end) const {
    const bool one_to_one = matching_.card == Cardinality::OneToOne;
    KeyNumbers keys;
    std::vector<std::vector<uint32_t>> same;
    for (uint32_t p = 0; p < pairs.size(); ++p) {
      std::string key;
      if (!one_to_one) key = visible_labels(context_, pairs[p].result).packed();
      key += '\xff' + std::to_string(pairs[p].group);
      auto [number, added] = keys.add(key);
      if (added) same.emplace_back();
      same[number].push_back(p);
    }
    for (const auto& group : same) {
      if (group.size() < 2) continue;
      for (size_t step = 0; step < end; ++step) {
        size_t present = 0;
        for (uint32_t p : group) present += meets(pairs[p], step);
        if (present > 1) end = step;
      }
    }
    return end;
  }

  // The fill value where the group has no series on the "one" side.
  model::Column filled_one(const Pair& pair) const {
    model::Column column;
    column.reset(steps());
    for (size_t step = 0; step < steps(); ++step) {
      if (!group_has(one_, one_members_[pair.group], step)) column.values[step] = *fill_one();
    }
    return column;
  }

  // The fill value where the group has met nothing, which is what `failed` says beforehand.
  model::Column filled_many(const Pair& pair) const {
    model::Column column;
    column.reset(steps());
    for (size_t step = 0; step < steps(); ++step) {
      if (!pair.failed[step]) column.values[step] = *fill_many();
    }
    return column;
  }

  Result<void> combine_all(std::vector<Pair>& pairs, size_t first, Hold& hold) {
    for (size_t p = first; p < pairs.size(); ++p) {
      TRY_VOID(context_.check());
      TRY_VOID(hold.take(steps()));
      combine(pairs[p]);
    }
    return {};
  }

  void combine(Pair& pair) {
    model::Column filler;
    if (pair.many == kFilled) filler = filled_many(pair);
    if (pair.one == kFilled) filler = filled_one(pair);
    const auto& many = pair.many == kFilled ? filler : many_.columns[pair.many];
    const auto& one = pair.one == kFilled ? filler : one_.columns[pair.one];
    const auto& left = swapped_ ? one : many;
    const auto& right = swapped_ ? many : one;
    combine_columns(rule_, left, right, remarks_, pair.column);
    if (pair.many == kFilled) return;
    for (size_t step = 0; step < steps(); ++step) {
      if (!fails(left, right, pair.column, step)) continue;
      pair.failed.resize(steps());
      pair.failed[step] = true;
    }
  }

  // Whether the operation has no result here other than by being a comparison that does not hold.
  bool fails(const model::Column& left, const model::Column& right, const model::Column& out,
             size_t step) const {
    if (out.has(step) || !left.has(step) || !right.has(step)) return false;
    if (functions::is_trim(rule_.op) || functions::is_arithmetic(rule_.op)) return true;
    if (left.has_float(step) && right.has_float(step)) return false;
    const bool equality =
        rule_.op == functions::BinaryOp::Eq || rule_.op == functions::BinaryOp::Ne;
    return !equality || left.has_float(step) || right.has_float(step);
  }

  plan::Matching matching_;
  BinaryRule rule_;
  bool swapped_;  // group_right: the many side is on the right
  OperatorPtr many_input_, one_input_;
  Materialized many_, one_;
  Members many_members_, one_members_;
  std::vector<model::Labels> group_labels_;
  StepRemarks remarks_;
};

}  // namespace

OperatorPtr make_match(Context& context, const model::TimeGrid& grid, const plan::Binary& binary,
                       model::PositionRange position, OperatorPtr left, OperatorPtr right) {
  return std::make_unique<MatchOperator>(context, grid, binary, position, std::move(left),
                                         std::move(right));
}

}  // namespace gnomon::exec
