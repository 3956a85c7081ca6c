#include <algorithm>
#include <cmath>
#include <optional>

#include "src/base/text.h"
#include "src/exec/label_keys.h"
#include "src/exec/vectors.h"
#include "src/functions/classic_histogram.h"
#include "src/functions/histogram_ops.h"

namespace gnomon::exec {

namespace {

using functions::ClassicBucket;
using model::Severity;

constexpr std::string_view kBucketLabel = "le";

// histogram_quantile, histogram_quantiles and histogram_fraction, of classic and native histograms.
class HistogramOperator final : public BlockingOperator {
 public:
  HistogramOperator(Context& context, const model::TimeGrid& grid,
                    const plan::HistogramQuantile& node, OperatorPtr input,
                    std::vector<OperatorPtr> scalars)
      : BlockingOperator(context, grid),
        node_(node),
        input_(std::move(input)),
        scalar_inputs_(std::move(scalars)) {}
  ~HistogramOperator() override { context_.budget.give(points_); }

 private:
  // A series with a point. Native histograms are estimated as they arrive: to keep them until all
  // are there would take many times the memory, and the time to go through it.
  struct Points {
    SeriesMeta meta;
    std::vector<double> values;  // of classic buckets
    // Step by step an estimate for each result; no series of natives: empty.
    std::vector<std::optional<functions::Estimate>> natives;
  };

  // Classic buckets that differ in `le` only, and the native histogram with the labels that they
  // have without it.
  struct Family {
    SeriesMeta meta;
    std::vector<std::pair<double, uint32_t>> buckets;  // (le, series), by le
    std::vector<uint32_t> natives;
  };

  Result<Output> compute() override {
    for (auto& scalar : scalar_inputs_) {
      TRY(auto values, scalar_values(*scalar));
      scalars_.push_back(std::move(values));
    }
    results_ = node_.fraction ? 1 : scalars_.size();
    TRY_VOID(read_input());
    if (node_.label && node_.label->empty() && !inputs_.empty()) {
      return Error{ErrorKind::Execution, "invalid label name \"\""};
    }
    make_families();
    remark_quantiles();
    Output output;
    for (auto& family : families_) {
      TRY_VOID(context_.check());
      std::vector<model::Column> columns(results_);
      for (auto& column : columns) column.reset(steps());
      evaluate(family, columns);
      for (size_t i = 0; i < results_; ++i) {
        for (auto& [labels, column] : by_label(family, i, columns[i])) {
          // A name that came as the label of the quantile stays.
          const bool drop_name = !node_.label || context_.delayed_name_removal;
          if (!column.empty()) output.add({std::move(labels), drop_name}, std::move(column));
        }
      }
    }
    return output;
  }

  Result<void> read_input() {
    TRY(auto metas, input_->series());
    model::Column column;
    for (const SeriesMeta& meta : metas) {
      TRY_VOID(input_->next(column));
      if (column.empty()) continue;
      points_ += steps();
      TRY_VOID(context_.budget.take(steps()));
      auto natives = estimates(column);
      inputs_.push_back({meta, std::move(column.values), std::move(natives)});
    }
    return {};
  }

  std::vector<std::optional<functions::Estimate>> estimates(const model::Column& column) const {
    std::vector<std::optional<functions::Estimate>> out;
    if (column.histograms.empty()) return out;
    out.resize(steps() * results_);
    for (size_t step = 0; step < steps(); ++step) {
      if (!column.has_histogram(step)) continue;
      const model::Histogram& histogram = *column.histograms[step];
      for (size_t i = 0; i < results_; ++i) {
        const double q = scalars_[i][step];
        out[step * results_ + i] =
            node_.fraction ? functions::histogram_fraction(q, scalars_[1][step], histogram)
                           : functions::histogram_quantile(q, histogram);
      }
    }
    return out;
  }

  void make_families() {
    KeyNumbers numbers;
    const LabelKey without_le(false, {std::string(kBucketLabel)}, !context_.delayed_name_removal);
    const LabelKey whole(false, {}, !context_.delayed_name_removal);
    for (uint32_t i = 0; i < inputs_.size(); ++i) {
      const SeriesMeta& meta = inputs_[i].meta;
      const model::Labels labels = visible_labels(context_, meta);
      if (!inputs_[i].natives.empty()) {
        family(numbers, whole, meta, labels).natives.push_back(i);
      }
      if (!has_floats(inputs_[i].values)) continue;
      const auto bound = base::parse_float(labels.get(kBucketLabel));
      if (!bound) {
        remark_bucket(labels);
        continue;
      }
      const std::vector<std::string> le{std::string(kBucketLabel)};
      family(numbers, without_le, meta, model::drop_labels(labels, le))
          .buckets.push_back({*bound, i});
    }
    for (auto& family : families_) {
      std::stable_sort(family.buckets.begin(), family.buckets.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
    }
  }

  // The family of a series, made when it is the first one of it.
  Family& family(KeyNumbers& numbers, const LabelKey& key, const SeriesMeta& meta,
                 const model::Labels& labels) {
    std::string packed;
    key.write(meta, packed);
    model::append_packed(packed, model::kMetricName, labels.get(model::kMetricName));
    const auto [number, added] = numbers.add(packed);
    if (added) families_.push_back({{labels, true}, {}, {}});
    return families_[number];
  }

  static bool has_floats(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return !model::is_stale(v); });
  }

  void evaluate(const Family& family, std::vector<model::Column>& columns) {
    std::vector<ClassicBucket> buckets;
    for (size_t step = 0; step < steps(); ++step) {
      buckets.clear();
      for (auto [upper, i] : family.buckets) {
        double count = inputs_[i].values[step];
        if (!model::is_stale(count)) buckets.push_back({upper, count});
      }
      const std::optional<functions::Estimate>* native = nullptr;
      for (uint32_t i : family.natives) {
        const auto& first = inputs_[i].natives[step * results_];
        if (first) native = &first;
      }
      if (native && !buckets.empty()) {
        remark_mix(family);
      } else if (native) {
        take_estimates(family, native, step, columns);
      } else if (!buckets.empty()) {
        evaluate_classic(family, buckets, step, columns);
      }
    }
  }

  void evaluate_classic(const Family& family, std::vector<ClassicBucket>& buckets, size_t step,
                        std::vector<model::Column>& columns) {
    if (node_.fraction) {
      columns[0].values[step] =
          functions::classic_fraction(scalars_[0][step], scalars_[1][step], buckets);
      return;
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      functions::MonotonicityFix fix;
      columns[i].values[step] = functions::classic_quantile(scalars_[i][step], buckets, fix);
      if (!fix.forced) continue;
      context_.annotations.add_monotonicity(metric_suffix(family.meta.labels), node_.input_position,
                                            fix.bucket_min, fix.bucket_max, fix.difference_max,
                                            grid().at(step));
    }
  }

  void take_estimates(const Family& family, const std::optional<functions::Estimate>* estimates,
                      size_t step, std::vector<model::Column>& columns) {
    for (size_t i = 0; i < columns.size(); ++i) {
      columns[i].values[step] = estimates[i]->value;
      remark_nan(family, estimates[i]->remark);
    }
  }

  void remark_nan(const Family& family, functions::NaNRemark remark) {
    static constexpr std::string_view kTexts[] = {
        "", "input to histogram_quantile has NaN observations, result is NaN",
        "input to histogram_quantile has NaN observations, result is skewed higher",
        "input to histogram_fraction has NaN observations, which are excluded from all fractions"};
    if (remark == functions::NaNRemark::None) return;
    std::string text(kTexts[static_cast<size_t>(remark)]);
    context_.annotations.add(Severity::Info, text + metric_suffix(family.meta.labels),
                             node_.input_position);
  }

  // histogram_quantiles: the column under its quantile's label; the label may change from step to
  // step with the quantile.
  std::vector<std::pair<model::Labels, model::Column>> by_label(const Family& family, size_t i,
                                                                model::Column& column) const {
    std::vector<std::pair<model::Labels, model::Column>> out;
    if (!node_.label) {
      out.emplace_back(family.meta.labels, std::move(column));
      return out;
    }
    std::vector<double> seen;
    for (size_t step = 0; step < steps(); ++step) {
      if (!column.has_float(step)) continue;
      double q = scalars_[i][step];
      size_t at = 0;
      while (at < seen.size() && !(seen[at] == q || (std::isnan(seen[at]) && std::isnan(q)))) ++at;
      if (at == seen.size()) {
        seen.push_back(q);
        const model::Labels labels =
            context_.delayed_name_removal ? family.meta.labels : without_name(family.meta.labels);
        model::LabelsBuilder builder(labels.view());
        builder.set(*node_.label, quantile_text(q));
        out.emplace_back(builder.build(), model::Column{}).second.reset(steps());
      }
      out[at].second.values[step] = column.values[step];
    }
    return out;
  }

  // As OpenMetrics writes a quantile: 1 is "1.0".
  static std::string quantile_text(double q) {
    if (q == 0) return "0.0";  // -0 too
    std::string text = base::format_float_g(q);
    if (std::isfinite(q) && text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
  }

  // Prometheus names the metric only where names are kept to the end.
  std::string metric_suffix(const model::Labels& labels) const {
    if (!context_.delayed_name_removal) return "";
    std::string_view name = labels.get(model::kMetricName);
    return name.empty() ? "" : " for metric name " + base::quote(name);
  }

  void remark_quantiles() {
    if (node_.fraction) return;
    for (size_t i = 0; i < scalars_.size(); ++i) {
      for (double q : scalars_[i]) {
        if (q >= 0 && q <= 1) continue;
        context_.annotations.add(
            Severity::Warning,
            "quantile value should be between 0 and 1, got " + base::format_float_g(q),
            node_.scalar_positions[i]);
      }
    }
  }

  void remark_bucket(const model::Labels& labels) {
    context_.annotations.add(Severity::Warning,
                             "bucket label \"le\" is missing or has a malformed value of " +
                                 base::quote(labels.get(kBucketLabel)) + metric_suffix(labels),
                             node_.input_position);
  }

  void remark_mix(const Family& family) {
    context_.annotations.add(Severity::Warning,
                             "vector contains a mix of classic and native histograms" +
                                 metric_suffix(family.meta.labels),
                             node_.input_position);
  }

  plan::HistogramQuantile node_;
  OperatorPtr input_;
  std::vector<OperatorPtr> scalar_inputs_;
  std::vector<std::vector<double>> scalars_;
  size_t results_ = 0;
  std::vector<Points> inputs_;
  uint64_t points_ = 0;  // taken from the budget
  std::vector<Family> families_;
};

}  // namespace

OperatorPtr make_histogram_quantile(Context& context, const model::TimeGrid& grid,
                                    const plan::HistogramQuantile& quantile, OperatorPtr input,
                                    std::vector<OperatorPtr> scalars) {
  return std::make_unique<HistogramOperator>(context, grid, quantile, std::move(input),
                                             std::move(scalars));
}

}  // namespace gnomon::exec
