#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "src/functions/aggregations.h"
#include "src/model/column.h"

namespace gnomon::functions {

// What an aggregation met at any step; exec turns them into warnings and infos.
struct AggregateFlags {
  bool mixed = false;               // floats and histograms in one group: no point there
  bool ignored_histogram = false;   // by min, max, stddev or stdvar
  bool mixed_schemas = false;       // exponential and custom buckets: no point there
  bool conflicting_resets = false;  // hints that contradict each other
  bool reconciled_bounds = false;   // custom buckets, to the bounds they share

  AggregateFlags& operator|=(const AggregateFlags& other);
};

// One group of an aggregation (aggregation() of Prometheus' promql/engine.go), over all steps of a
// grid. Columns are added in input order: the order decides the last bits, as in Prometheus. Not
// for two threads at once.
class Accumulator {
 public:
  Accumulator(AggregateKind kind, size_t steps);
  ~Accumulator();
  Accumulator(Accumulator&&) noexcept;
  Accumulator& operator=(Accumulator&&) noexcept;

  void add(const model::Column& column);
  // Joins what came later in input order. Deterministic for fixed partitions, yet for Sum, Avg,
  // Stddev and Stdvar its last bits may differ from adding every column here.
  void merge(const Accumulator& later);
  // The group's column; conflicting_resets and mixed are known only now. Steps at which no series
  // had a point are absent. Ends the accumulator.
  void finish(model::Column& out);
  const AggregateFlags& flags() const { return flags_; }

 private:
  struct HistogramState;

  void add_means(const double* values);
  void add_mean(size_t step, double x);
  void make_incremental(size_t step, double count);
  void merge_sum(size_t step, const Accumulator& later);
  void merge_mean(size_t step, const Accumulator& later);
  void merge_deviation(size_t step, const Accumulator& later);
  void add_histograms(const model::Column& column);
  void add_histogram(size_t step, const model::Histogram& histogram);
  void merge_histograms(const Accumulator& later);
  void finish_histograms(model::Column& out);
  void note_histogram_flags(size_t step);

  AggregateKind kind_;
  AggregateFlags flags_;
  // Per step; which are used depends on kind_. value_ is the stale marker until a float came.
  std::vector<double> value_;
  std::vector<double> compensation_;
  std::vector<double> count_;
  std::vector<double> mean_;
  std::vector<uint8_t> incremental_;  // avg: empty until some running sum overflowed
  std::unique_ptr<HistogramState> histograms_;
};

}  // namespace gnomon::functions
