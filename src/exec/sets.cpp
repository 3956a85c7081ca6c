#include "src/exec/label_keys.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

using functions::BinaryOp;

// and, or, unless (VectorAnd, VectorOr, VectorUnless of promql/engine.go): series pass at the steps
// where their match group is, or is not, on the other side.
class SetOperator final : public BlockingOperator {
 public:
  SetOperator(Context& context, const model::TimeGrid& grid, const plan::Binary& binary,
              OperatorPtr left, OperatorPtr right)
      : BlockingOperator(context, grid),
        op_(binary.op),
        matching_(*binary.matching),
        left_(std::move(left)),
        right_(std::move(right)) {}

 private:
  // For each match group, whether it has a point at each step.
  struct Presence {
    KeyNumbers groups;
    std::vector<std::vector<uint8_t>> steps;
  };

  Result<Output> compute() override {
    LabelKey key(matching_.on, matching_.labels, !context_.delayed_name_removal);
    return op_ == BinaryOp::Or ? unite(key) : filter(key, op_ == BinaryOp::And);
  }

  void note(const LabelKey& key, const SeriesMeta& meta, const model::Column& column,
            Presence& presence) {
    key.write(meta, packed_);
    auto [group, added] = presence.groups.add(packed_);
    if (added) presence.steps.emplace_back(steps(), 0);
    auto& present = presence.steps[group];
    for (size_t step = 0; step < steps(); ++step) present[step] |= column.has(step);
  }

  // Erases the points at the steps where the series' group is present or is absent.
  void erase(const LabelKey& key, const SeriesMeta& meta, const Presence& presence,
             bool where_present, model::Column& column) {
    key.write(meta, packed_);
    uint32_t group = presence.groups.find(packed_);
    if (group == KeyNumbers::kNone) {
      if (!where_present) column.reset(steps());
      return;
    }
    const auto& present = presence.steps[group];
    for (size_t step = 0; step < steps(); ++step) {
      if (present[step] == static_cast<uint8_t>(where_present)) column.erase(step);
    }
  }

  Result<Output> filter(const LabelKey& key, bool keep_present) {
    Presence right;
    Hold hold(context_.budget);
    TRY(auto right_series, right_->series());
    model::Column column;
    for (const auto& meta : right_series) {
      TRY_VOID(right_->next(column));
      note(key, meta, column, right);
    }
    Output output;
    TRY(auto left_series, left_->series());
    for (const auto& meta : left_series) {
      TRY_VOID(context_.check());
      TRY_VOID(left_->next(column));
      erase(key, meta, right, !keep_present, column);
      if (column.empty()) continue;
      TRY_VOID(hold.take(steps()));
      output.add(meta, std::move(column));
    }
    return output;
  }

  Result<Output> unite(const LabelKey& key) {
    Presence left;
    Hold hold(context_.budget);
    Output output;
    model::Column column;
    TRY(auto left_series, left_->series());
    for (const auto& meta : left_series) {
      TRY_VOID(context_.check());
      TRY_VOID(left_->next(column));
      if (column.empty()) continue;
      note(key, meta, column, left);
      TRY_VOID(hold.take(steps()));
      output.add(meta, std::move(column));
    }
    TRY(auto right_series, right_->series());
    for (const auto& meta : right_series) {
      TRY_VOID(context_.check());
      TRY_VOID(right_->next(column));
      erase(key, meta, left, true, column);
      if (column.empty()) continue;
      TRY_VOID(hold.take(steps()));
      output.add(meta, std::move(column));
    }
    return output;
  }

  BinaryOp op_;
  plan::Matching matching_;
  OperatorPtr left_, right_;
  std::string packed_;
};

}  // namespace

OperatorPtr make_set(Context& context, const model::TimeGrid& grid, const plan::Binary& binary,
                     OperatorPtr left, OperatorPtr right) {
  return std::make_unique<SetOperator>(context, grid, binary, std::move(left), std::move(right));
}

}  // namespace gnomon::exec
