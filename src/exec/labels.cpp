#include <optional>

#include "src/base/limits.h"
#include "src/exec/label_keys.h"
#include "src/exec/vectors.h"
#include "src/functions/label_expand.h"

namespace gnomon::exec {

namespace {

// Series keep their points and get other labels.
class RelabelOperator : public Operator {
 public:
  RelabelOperator(Context& context, const model::TimeGrid& grid, OperatorPtr input,
                  std::string destination)
      : Operator(context, grid), input_(std::move(input)), destination_(std::move(destination)) {}

 protected:
  // The new value of the destination label; false when the series stays as it is.
  virtual bool value_of(const model::Labels& labels, std::string& value) const = 0;
  virtual Result<void> prepare() = 0;

  const std::string& destination() const { return destination_; }

 private:
  Result<std::vector<SeriesMeta>> open() final {
    TRY_VOID(prepare());
    TRY(auto inputs, input_->series());
    std::vector<SeriesMeta> metas;
    metas.reserve(inputs.size());
    std::string value;
    for (const auto& input : inputs) {
      model::Labels labels = visible_labels(context_, input);
      value.clear();
      if (!value_of(labels, value)) {
        metas.push_back(input);
        continue;
      }
      TRY_VOID(check_label_value(value));
      model::LabelsBuilder builder(labels.view());
      builder.set(destination_, value);
      // A name that was just given is not the one to be dropped.
      bool renamed = destination_ == model::kMetricName;
      bool drop_name = context_.delayed_name_removal && input.drop_name && !renamed;
      metas.push_back({builder.build(), drop_name});
    }
    return metas;
  }

  Result<void> produce(model::Column& column) final { return input_->next(column); }

  OperatorPtr input_;
  std::string destination_;
};

class LabelReplaceOperator final : public RelabelOperator {
 public:
  LabelReplaceOperator(Context& context, const model::TimeGrid& grid,
                       const plan::LabelReplace& replace, OperatorPtr input)
      : RelabelOperator(context, grid, std::move(input), replace.destination), replace_(replace) {}

 private:
  Result<void> prepare() override {
    auto created = functions::LabelReplacer::create(replace_.regex, replace_.replacement);
    if (!created.ok()) return std::move(created).error();
    replacer_ = std::move(created).value();
    if (!model::valid_label_name(destination())) {
      return Error{ErrorKind::Execution,
                   "invalid destination label name in label_replace(): " + destination()};
    }
    return {};
  }

  bool value_of(const model::Labels& labels, std::string& value) const override {
    return replacer_->replace(labels.get(replace_.source), value);
  }

  plan::LabelReplace replace_;
  std::optional<functions::LabelReplacer> replacer_;
};

class LabelJoinOperator final : public RelabelOperator {
 public:
  LabelJoinOperator(Context& context, const model::TimeGrid& grid, const plan::LabelJoin& join,
                    OperatorPtr input)
      : RelabelOperator(context, grid, std::move(input), join.destination), join_(join) {}

 private:
  Result<void> prepare() override {
    for (const auto& name : join_.sources) {
      if (model::valid_label_name(name)) continue;
      return Error{ErrorKind::Execution, "invalid source label name in label_join(): " + name};
    }
    if (!model::valid_label_name(destination())) {
      return Error{ErrorKind::Execution,
                   "invalid destination label name in label_join(): " + destination()};
    }
    return {};
  }

  bool value_of(const model::Labels& labels, std::string& value) const override {
    for (size_t i = 0; i < join_.sources.size() && value.size() <= base::kLabelBytesPerSeriesMax;
         ++i) {
      if (i > 0) value += join_.separator;
      value += labels.get(join_.sources[i]);
    }
    return true;
  }

  plan::LabelJoin join_;
};

}  // namespace

OperatorPtr make_label_replace(Context& context, const model::TimeGrid& grid,
                               const plan::LabelReplace& replace, OperatorPtr input) {
  return std::make_unique<LabelReplaceOperator>(context, grid, replace, std::move(input));
}

OperatorPtr make_label_join(Context& context, const model::TimeGrid& grid,
                            const plan::LabelJoin& join, OperatorPtr input) {
  return std::make_unique<LabelJoinOperator>(context, grid, join, std::move(input));
}

}  // namespace gnomon::exec
