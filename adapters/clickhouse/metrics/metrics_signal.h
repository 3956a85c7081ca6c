#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/metrics/known_series.h"
#include "adapters/clickhouse/metrics/metric_facts.h"
#include "adapters/clickhouse/metrics/rows.h"
#include "adapters/clickhouse/signal.h"
#include "src/model/write_batch.h"

namespace gnomon::clickhouse {

// A batch in the group commit.
struct MetricsEntry : Entry {
  MetricsEntry(Signal& its_signal, const model::WriteBatch& its_batch, std::stop_token its_stop);
  const model::WriteBatch& batch;
  model::WriteOutcome outcome{};
};

// Metrics in their database: tables, rows, what is known of the whole. Series are written first, so
// that no sample is without one.
//
// A sample that this server has just written is not written again, and refused when it differs.
// What it no longer knows or another server wrote is left to the table: the first one stays.
class MetricsSignal final : public Signal {
 public:
  explicit MetricsSignal(HttpClient& client) : client_(client), facts_(client) {}

  std::span<const Table> tables() const override;
  std::string select_facts() const override { return facts_.select(); }
  void learn(std::span<const std::string_view> rows) override { facts_.learn(rows); }
  Result<void> insert(std::span<Entry* const> entries, std::stop_token abandoned) override;

  // As of the last poll and of what this server wrote. Any thread.
  MetricFacts::Known facts() const { return facts_.known(); }

  // Of what was acknowledged. Any thread.
  struct Counts {
    uint64_t inserts = 0;
    uint64_t samples = 0;
    uint64_t bytes = 0;
  };
  Counts counts() const;

  // REQUIRES: within insert() or Writer::exclusive().
  KnownSeries& known_series() { return known_; }

 private:
  Result<void> insert_all(const Rows& rows, const std::stop_token& abandoned);

  HttpClient& client_;
  MetricFacts facts_;
  KnownSeries known_;
  mutable std::mutex mutex_;
  Counts counts_;  // guarded by mutex_
};

}  // namespace gnomon::clickhouse
