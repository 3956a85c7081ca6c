#include <algorithm>
#include <cmath>

#include "src/exec/label_keys.h"
#include "src/exec/sorting.h"
#include "src/exec/vectors.h"
#include "src/functions/natural_sort.h"

namespace gnomon::exec {

namespace {

class SortOperator final : public BlockingOperator {
 public:
  SortOperator(Context& context, const model::TimeGrid& grid, const plan::Sort& sort,
               model::PositionRange position, OperatorPtr input)
      : BlockingOperator(context, grid),
        sort_(sort),
        position_(position),
        input_(std::move(input)) {}

 private:
  Result<Output> compute() override {
    TRY(auto series, input_->series());
    Output all;
    for (const auto& meta : series) {
      model::Column column;
      TRY_VOID(input_->next(column));
      if (!sort_.by_label) column.histograms.clear();
      all.add(meta, std::move(column));
    }
    if (grid().start_ms != grid().end_ms) {
      context_.annotations.add(model::Severity::Warning,
                               "sort is ineffective for range queries since results are always "
                               "ordered by labels",
                               position_);
      return all;
    }
    return sorted(std::move(all));
  }

  Output sorted(Output all) const {
    // Only what has a point: the sequence depends on how many there are.
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < all.series.size(); ++i) {
      if (!all.columns[i].empty()) order.push_back(i);
    }
    if (sort_.by_label) {
      auto strictly = [&](uint32_t a, uint32_t b) {
        return label_before(all.series[a], all.series[b]);
      };
      auto before = [&](uint32_t a, uint32_t b) {
        return label_goes_before(all.series[a], all.series[b]);
      };
      sort_like_prometheus(order, before, strictly);
    } else {
      auto value = [&](uint32_t i) { return all.columns[i].values[0]; };
      auto strictly = [&](uint32_t a, uint32_t b) { return value_before(value(a), value(b)); };
      auto before = [&](uint32_t a, uint32_t b) {
        return std::isnan(value(b)) || value_before(value(a), value(b));
      };
      sort_like_prometheus(order, before, strictly);
    }
    Output output;
    for (uint32_t i : order) output.add(std::move(all.series[i]), std::move(all.columns[i]));
    return output;
  }

  // NaN comes last either way.
  bool value_before(double a, double b) const {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a);
    return sort_.descending ? a > b : a < b;
  }

  bool label_before(const SeriesMeta& a, const SeriesMeta& b) const {
    model::Labels x = visible_labels(context_, a), y = visible_labels(context_, b);
    for (const auto& name : sort_.labels) {
      std::string_view v = x.get(name), w = y.get(name);
      if (v == w) continue;
      auto order = functions::natural_compare(v, w);
      if (order != 0) return (order < 0) != sort_.descending;
    }
    return sort_.descending ? y < x : x < y;
  }

  // As Prometheus compares, to whom 1 is before 01 and 01 before 1.
  bool label_goes_before(const SeriesMeta& a, const SeriesMeta& b) const {
    model::Labels x = visible_labels(context_, a), y = visible_labels(context_, b);
    for (const auto& name : sort_.labels) {
      std::string_view v = x.get(name), w = y.get(name);
      if (v != w) return functions::natural_before(v, w) != sort_.descending;
    }
    return sort_.descending ? y < x : x < y;
  }

  plan::Sort sort_;
  model::PositionRange position_;
  OperatorPtr input_;
};

}  // namespace

OperatorPtr make_sort(Context& context, const model::TimeGrid& grid, const plan::Sort& sort,
                      model::PositionRange position, OperatorPtr input) {
  return std::make_unique<SortOperator>(context, grid, sort, position, std::move(input));
}

}  // namespace gnomon::exec
