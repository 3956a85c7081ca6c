#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/known_series.h"
#include "adapters/clickhouse/pulse.h"
#include "adapters/clickhouse/rows.h"
#include "src/base/result.h"
#include "src/model/write_batch.h"

namespace gnomon::clickhouse {

// Writes requests that arrive together with one INSERT per table, and acknowledges them when
// ClickHouse has acknowledged: series first, so that no sample is without one. Any thread.
//
// A sample that this server has just written is not written again, and refused when it differs.
// What it no longer knows or another server wrote is left to the table: the first one stays.
class Writer {
 public:
  Writer(HttpClient& client, Pulse& pulse) : client_(client), pulse_(pulse) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Durable when it returns.
  Result<model::WriteOutcome> write(const model::WriteBatch& batch);
  // Runs body alone between two groups of requests; it may make the writer forget series.
  using Body = std::function<Result<void>(KnownSeries& known)>;
  Result<void> exclusive(const Body& body);

  struct Counts {
    uint64_t inserts = 0;
    uint64_t samples = 0;
    uint64_t bytes = 0;
  };
  Counts counts() const;

 private:
  struct Turn {
    const model::WriteBatch* batch = nullptr;  // or
    const Body* body = nullptr;                // alone
    model::WriteOutcome outcome{};
    Result<void> result{};
    bool done = false;
    std::condition_variable wake{};
  };

  void queue(Turn& turn);
  std::vector<Turn*> take_group();
  void lead(std::span<Turn* const> group);
  Result<void> store(std::span<Turn* const> group);
  void collect(Turn& turn, Rows& rows);
  void collect_row(Turn& turn, const model::WriteBatch::Row& row, Rows& rows);
  bool admit(Turn& turn, const model::WriteBatch::Row& row, int64_t time_ms, uint64_t bits,
             Rows& rows);
  Result<void> insert_all(const Rows& rows);

  HttpClient& client_;
  Pulse& pulse_;

  mutable std::mutex mutex_;
  std::deque<Turn*> queue_;    // guarded by mutex_
  bool busy_ = false;          // guarded by mutex_: somebody leads
  size_t queued_samples_ = 0;  // guarded by mutex_
  int64_t last_ns_ = 0;        // guarded by mutex_: when the last group began
  Counts counts_;              // guarded by mutex_

  // The leader's.
  KnownSeries known_;
  KnownSeries::Entry* entry_ = nullptr;  // of the row at hand
  SeriesId id_;
};

}  // namespace gnomon::clickhouse
