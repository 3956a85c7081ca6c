#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "src/storage/metrics/metric_store.h"

namespace gnomon::storage {

// A store of ordered maps, without index and codec: the slow, plain oracle that other stores are
// compared with, and the store of tests. It reduces what it is declared to: nothing, by default;
// rollups with the functions of the engine. Nothing outlives it. All members: any thread.
class MemoryStore : public MetricStore, private Catalog {
 public:
  // Every reduction that there is.
  static Capabilities all_reductions();
  explicit MemoryStore(Capabilities declared = {}) : capabilities_(std::move(declared)) {}
  const Capabilities& capabilities() const override { return capabilities_; }
  Result<model::WriteOutcome> append(const model::WriteBatch& batch, std::stop_token stop) override;
  Result<std::unique_ptr<Selection>> select(const Fragment& fragment,
                                            std::stop_token stop) override;
  Catalog& catalog() override { return *this; }
  Result<void> remove(const CatalogQuery& what, std::stop_token stop) override;

  // Replaces `block` by what the series has from min to max.
  void read(const model::Labels& labels, int64_t min_time_ms, int64_t max_time_ms,
            model::SampleBlock& block) const;

 private:
  // A float, or a histogram when there is one.
  struct Point {
    double value = 0;
    model::HistogramPtr histogram;
    int64_t start_ms = 0;
  };
  struct Series {
    std::map<int64_t, Point> points;
    std::vector<model::Exemplar> exemplars;  // by time
  };
  using AllSeries = std::map<model::Labels, Series>;

  Result<std::vector<model::Labels>> series(const CatalogQuery& query,
                                            std::stop_token stop) override;
  Result<std::vector<std::string>> label_strings(const CatalogQuery& query,
                                                 const std::string& label,
                                                 std::stop_token stop) override;
  Result<std::vector<model::MetadataEntry>> metadata(const std::string& metric,
                                                     std::stop_token stop) override;
  Result<std::vector<ExemplarSeries>> exemplars(const CatalogQuery& query,
                                                std::stop_token stop) override;
  Result<Statistics> statistics(size_t top, std::stop_token stop) override;

  static bool same(const Point& a, const Point& b);
  static void add_exemplar(Series& series, const model::Exemplar& exemplar);
  void append_row(const model::WriteBatch& batch, const model::WriteBatch::Row& row,
                  model::WriteOutcome& outcome);

  const Capabilities capabilities_;
  mutable std::shared_mutex mutex_;
  AllSeries series_;                                 // guarded by mutex_
  std::map<std::string, model::Metadata> metadata_;  // guarded by mutex_
};

}  // namespace gnomon::storage
