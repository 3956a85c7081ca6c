#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/base/result.h"
#include "src/exec/context.h"
#include "src/model/column.h"
#include "src/model/labels.h"
#include "src/model/time_grid.h"

namespace gnomon::exec {

// One output series. `drop_name`: its metric name (with __type__ and __unit__) is to go. Without
// delayed name removal the name is gone for every consumer, and only left in place because taking
// it out of thousands of label sets that a grouping forgets anyway is wasted work; with delayed
// name removal consumers see it until the end of the query.
struct SeriesMeta {
  model::Labels labels;
  bool drop_name = false;
};

// What EXPLAIN analyze shows of an operator.
struct OperatorUsage {
  uint64_t series = 0;
  uint64_t points = 0;
  double seconds = 0;  // its inputs' included
};

// A node of a plan at work: all its series first, then one column after the other. A resource: one
// thread at a time, does not copy. A series may turn out to have no points at all.
class Operator {
 public:
  Operator(Context& context, const model::TimeGrid& grid) : context_(context), grid_(grid) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  // Valid as long as the operator.
  Result<std::span<const SeriesMeta>> series();
  // The next series' column, in the order of series(), which must have succeeded; to be called at
  // most as often as there are series. `column` is overwritten and its memory reused.
  Result<void> next(model::Column& column);

  const model::TimeGrid& grid() const { return grid_; }
  size_t steps() const { return grid_.steps(); }
  const OperatorUsage& usage() const { return usage_; }

 protected:
  virtual Result<std::vector<SeriesMeta>> open() = 0;
  virtual Result<void> produce(model::Column& column) = 0;

  Context& context_;

 private:
  model::TimeGrid grid_;
  bool opened_ = false;
  std::vector<SeriesMeta> series_;
  OperatorUsage usage_;
};

using OperatorPtr = std::unique_ptr<Operator>;

// All columns of an operator in memory, counted against the budget until destruction. Series
// without a point are left out: which of them a store lists must not show in what comes after, as
// in the order of groups.
class Materialized {
 public:
  explicit Materialized(Context& context) : context_(context) {}
  ~Materialized() { context_.budget.give(points_); }
  Materialized(const Materialized&) = delete;
  Materialized& operator=(const Materialized&) = delete;

  Result<void> fill(Operator& input);

  std::vector<SeriesMeta> series;
  std::vector<model::Column> columns;

 private:
  Context& context_;
  uint64_t points_ = 0;
};

// The scalar operator's one value per step.
Result<std::vector<double>> scalar_values(Operator& input);

// An operator whose open() computes everything; produce() hands out the columns.
class BlockingOperator : public Operator {
 public:
  using Operator::Operator;

 protected:
  struct Output {
    std::vector<SeriesMeta> series;
    std::vector<model::Column> columns;
    void add(SeriesMeta meta, model::Column column) {
      series.push_back(std::move(meta));
      columns.push_back(std::move(column));
    }
  };
  virtual Result<Output> compute() = 0;

 private:
  Result<std::vector<SeriesMeta>> open() final;
  Result<void> produce(model::Column& column) final;

  std::vector<model::Column> columns_;
  size_t next_ = 0;
};

}  // namespace gnomon::exec
