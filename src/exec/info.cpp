#include <algorithm>
#include <map>
#include <optional>

#include "src/exec/label_keys.h"
#include "src/exec/vectors.h"

namespace gnomon::exec {

namespace {

// info(v, {selector}), promql/info.go: adds the data labels of the matching info series to each
// series of v.
class InfoOperator final : public BlockingOperator {
 public:
  InfoOperator(Context& context, const model::TimeGrid& grid, const plan::Info& info,
               OperatorPtr input, OperatorPtr info_series, OperatorPtr info_times)
      : BlockingOperator(context, grid),
        info_(info),
        input_(std::move(input)),
        info_input_(std::move(info_series)),
        times_input_(std::move(info_times)),
        infos_(context),
        times_(context) {}

 private:
  using Chosen = std::vector<uint32_t>;  // info series, one for each info metric

  Result<Output> compute() override {
    TRY_VOID(infos_.fill(*info_input_));
    TRY_VOID(times_.fill(*times_input_));
    TRY_VOID(check_floats());
    group_infos();
    for (const auto& m : info_.data_matchers) needs_match_ |= !m.matches_empty();
    TRY(auto bases, input_->series());
    Output output;
    model::Column column;
    for (const auto& base : bases) {
      TRY_VOID(context_.check());
      TRY_VOID(input_->next(column));
      if (column.empty()) continue;
      if (is_info_series(base)) {
        output.add(base, std::move(column));
      } else {
        TRY_VOID(enrich(base, column, output));
      }
    }
    return output;
  }

  Result<void> check_floats() const {
    for (size_t i = 0; i < infos_.columns.size(); ++i) {
      if (infos_.columns[i].histograms.empty()) continue;
      return Error{ErrorKind::Execution, "this should be an info metric, with float samples: " +
                                             model::to_string(infos_.series[i].labels)};
    }
    return {};
  }

  static std::string identity(const model::Labels& labels) {
    std::string key;
    for (std::string_view name : {"instance", "job"}) {
      std::string_view value = labels.get(name);
      if (!value.empty()) model::append_packed(key, name, value);
    }
    return key;
  }

  void group_infos() {
    for (uint32_t i = 0; i < infos_.series.size(); ++i) {
      const auto& labels = infos_.series[i].labels;
      std::string name(labels.get(model::kMetricName));
      by_identity_[identity(labels)][name].push_back(i);
    }
  }

  bool is_info_series(const SeriesMeta& base) const {
    std::string_view name = base.labels.get(model::kMetricName);
    return std::all_of(info_.info_matchers.begin(), info_.info_matchers.end(), [&](const auto& m) {
      return m.name() != model::kMetricName || m.matches(name);
    });
  }

  // The info series in force at a step: for each info metric the one with the newest sample.
  Result<Chosen> choose(const std::map<std::string, Chosen>& metrics, size_t step) const {
    Chosen chosen;
    for (const auto& [name, candidates] : metrics) {
      std::optional<uint32_t> best;
      for (uint32_t i : candidates) {
        if (!infos_.columns[i].has(step)) continue;
        double time = times_.columns[i].values[step];
        if (best && time == times_.columns[*best].values[step]) return duplicate(*best, i, step);
        if (!best || time > times_.columns[*best].values[step]) best = i;
      }
      if (best) chosen.push_back(*best);
    }
    return chosen;
  }

  Error duplicate(uint32_t first, uint32_t second, size_t step) const {
    auto shown = [&](uint32_t i) {
      auto time_ms = static_cast<int64_t>(times_.columns[i].values[step] * 1000);
      return model::to_string(infos_.series[i].labels) + " @ " + std::to_string(time_ms);
    };
    return {ErrorKind::Execution, "found duplicate series for info metric: existing " +
                                      shown(first) + ", new " + shown(second)};
  }

  bool wants(std::string_view label) const {
    if (is_name_label(label) || label == "instance" || label == "job") return false;
    if (info_.data_matchers.empty()) return true;
    return std::any_of(info_.data_matchers.begin(), info_.data_matchers.end(),
                       [&](const auto& m) { return m.name() == label; });
  }

  Result<model::Labels> enriched(const model::Labels& base, const Chosen& chosen) const {
    model::LabelsBuilder builder(base.view());
    for (uint32_t i : chosen) {
      for (const auto& [name, value] : infos_.series[i].labels) {
        if (!wants(name) || base.has(name)) continue;
        std::string_view present = builder.get(name);
        if (!present.empty() && present != value) {
          return Error{ErrorKind::Execution, "conflicting label: " + std::string(name)};
        }
        builder.set(name, value);
      }
    }
    return builder.build();
  }

  Result<void> enrich(const SeriesMeta& base, const model::Column& column, Output& output) {
    auto found = by_identity_.find(identity(base.labels));
    std::map<Chosen, size_t> outputs;  // which info series -> number of the output series
    for (size_t step = 0; step < steps(); ++step) {
      if (!column.has(step)) continue;
      Chosen chosen;
      if (found != by_identity_.end()) {
        TRY(chosen, choose(found->second, step));
      }
      if (chosen.empty() && needs_match_) continue;
      auto known = outputs.find(chosen);
      if (known == outputs.end()) {
        TRY(auto labels, enriched(base.labels, chosen));
        model::Column empty;
        empty.reset(steps());
        known = outputs.emplace(chosen, output.series.size()).first;
        output.add({labels, base.drop_name}, std::move(empty));
      }
      auto& target = output.columns[known->second];
      target.values[step] = column.values[step];
      if (column.has_histogram(step)) target.set_histogram(step, column.histograms[step]);
    }
    return {};
  }

  plan::Info info_;
  OperatorPtr input_, info_input_, times_input_;
  Materialized infos_, times_;
  bool needs_match_ = false;  // a data matcher that an absent label does not satisfy
  std::map<std::string, std::map<std::string, Chosen>> by_identity_;
};

}  // namespace

OperatorPtr make_info(Context& context, const model::TimeGrid& grid, const plan::Info& info,
                      OperatorPtr input, OperatorPtr info_series, OperatorPtr info_times) {
  return std::make_unique<InfoOperator>(context, grid, info, std::move(input),
                                        std::move(info_series), std::move(info_times));
}

}  // namespace gnomon::exec
