#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/metrics/series_id.h"
#include "adapters/clickhouse/metrics/statements.h"
#include "adapters/clickhouse/native.h"
#include "src/model/sample.h"
#include "src/model/time_grid.h"

namespace gnomon::clickhouse {

// The samples of some series as ClickHouse sent them, without an order among series.
class Batch {
 public:
  // `ids`: the series, by place. Null: more samples than base::kClickHouseBatchSamplesMax, so fewer
  // series are to be asked for. Errors: what ClickHouse says, Canceled.
  static Result<std::shared_ptr<const Batch>> fetch(HttpClient& client,
                                                    std::span<const SeriesId> ids,
                                                    const storage::Fragment& fragment, bool starts,
                                                    bool all_of_metric, bool histograms,
                                                    std::stop_token stop);

  // Replaces `block` by the samples of the series at `place` within a range, by time. False when
  // there are two different samples at one time: only ClickHouse can tell which one came first.
  bool read(size_t place, int64_t min_time_ms, int64_t max_time_ms,
            model::SampleBlock& block) const;
  // Adds its native histograms to `block`; where there is a float they lose.
  Result<void> read_histograms(size_t place, int64_t min_time_ms, int64_t max_time_ms,
                               model::SampleBlock& block) const;
  // Replaces `block` by the points of a Rollup. False when there is a sample in the series that
  // ClickHouse's function does not treat as PromQL does.
  bool read_points(size_t place, const model::TimeGrid& grid, model::SampleBlock& block) const;

  size_t bytes() const { return bytes_; }

 private:
  static constexpr uint32_t kNone = IdTable::kNone;
  // Rows of one series that follow each other, in one block; its times ascend.
  struct Run {
    uint32_t block;
    uint32_t begin;
    uint32_t end;
    uint32_t next;  // the run before it of the same series; kNone: the last one
  };
  struct Histogram {
    uint32_t place;
    int64_t time_ms;
    size_t begin;  // in histogram_bytes_
    size_t size;
  };

  Batch(std::span<const SeriesId> ids, bool strangers)
      : table_(ids, strangers), newest_(ids.size(), kNone) {}
  Result<void> add(NativeBlock block);
  Result<void> add_histograms(std::string bytes);
  // Those rows of the run.
  void append(const Run& run, int64_t min_time_ms, int64_t max_time_ms,
              model::SampleBlock& block) const;
  int64_t time_at(const Run& run, uint32_t row) const;

  const IdTable table_;
  bool starts_ = false;
  bool overflow_ = false;
  size_t rows_ = 0;
  size_t bytes_ = 0;
  std::vector<NativeBlock> blocks_;
  std::vector<Run> runs_;
  std::vector<uint32_t> newest_;  // by place: the run that came last
  std::string histogram_bytes_;
  std::vector<Histogram> histograms_;  // by place, then time
};
using BatchPtr = std::shared_ptr<const Batch>;

}  // namespace gnomon::clickhouse
