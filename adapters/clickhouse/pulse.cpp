#include "adapters/clickhouse/pulse.h"

#include <algorithm>

#include "adapters/clickhouse/schema.h"
#include "src/base/clock.h"

namespace gnomon::clickhouse {
namespace {

constexpr int64_t kPulseMs = 500;
constexpr std::string_view kHistograms = "histograms ";  // and the metric

// Facts, and the state of the tables: inserts and deletions count up, merges change nothing. With a
// cluster that state is not known.
std::string select_pulse(const Options& options) {
  std::string sql = "SELECT name FROM " + table_name(options, "facts");
  if (!options.cluster.empty()) return sql + "";
  return sql +
         " UNION ALL SELECT concat('parts ', table, ' ', toString(max(max_block_number)), ' ', "
         "toString(max(data_version)), ' ', toString(uniqExact(partition_id))) FROM system.parts "
         "WHERE active AND database = " +
         quoted(options.database) + " GROUP BY table ORDER BY 1 FORMAT TSVRaw";
}

}  // namespace

Result<void> Pulse::refresh(std::stop_token stop) {
  const Options& options = client_.options();
  TRY(const std::string answer, client_.fetch({.sql = select_pulse(options)}, std::move(stop)));
  Names histograms;
  std::string series;
  std::string samples;
  const std::lock_guard hold(mutex_);
  std::string_view rest = answer;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line == "starts") vitals_.starts = true;
    if (line.starts_with(kHistograms)) histograms.emplace(line.substr(kHistograms.size()));
    if (line.starts_with("parts series ")) series += line;
    if (line.starts_with("parts samples ") || line.starts_with("parts histograms ")) {
      samples += line;
    }
  }
  if (histograms.size() > vitals_.histograms->size()) {
    vitals_.histograms = std::make_shared<const Names>(std::move(histograms));
  }
  const bool unknown = !options.cluster.empty();
  if (unknown || series != series_parts_) ++vitals_.series_version;
  if (unknown || samples != samples_parts_) ++vitals_.samples_version;
  series_parts_ = std::move(series);
  samples_parts_ = std::move(samples);
  return {};
}

Result<Vitals> Pulse::vitals(std::stop_token stop) {
  // Before anything is asked: what this server writes meanwhile counts for the next one.
  const uint64_t own_series = own_series_;
  const uint64_t own_samples = own_samples_;
  {
    const std::lock_guard hold(asking_);
    const int64_t now = base::monotonic_ns();
    if (asked_ns_ == 0 || now - asked_ns_ > kPulseMs * 1'000'000) {
      TRY_VOID(refresh(std::move(stop)));
      asked_ns_ = now;
    }
  }
  const std::lock_guard hold(mutex_);
  Vitals vitals = vitals_;
  vitals.series_version += own_series << 32;
  vitals.samples_version += own_samples << 32;
  return vitals;
}

Result<void> Pulse::record(const std::string& fact) {
  const Options& options = client_.options();
  Request request{.sql = "INSERT INTO " + table_name(options, "facts") + " VALUES (" +
                         quoted(fact) + ")"};
  if (!options.cluster.empty()) request.settings = {{"distributed_foreground_insert", "1"}};
  TRY_VOID(client_.fetch(request));
  return {};
}

Result<void> Pulse::record_starts() {
  {
    const std::lock_guard hold(mutex_);
    if (vitals_.starts) return {};
  }
  TRY_VOID(record("starts"));
  const std::lock_guard hold(mutex_);
  vitals_.starts = true;
  return {};
}

Result<void> Pulse::record_histograms(const Names& metrics) {
  for (const std::string& metric : metrics) {
    {
      const std::lock_guard hold(mutex_);
      if (vitals_.histograms->contains(metric)) continue;
    }
    TRY_VOID(record(std::string(kHistograms) + metric));
    const std::lock_guard hold(mutex_);
    auto more = std::make_shared<Names>(*vitals_.histograms);
    more->insert(metric);
    vitals_.histograms = std::move(more);
  }
  return {};
}

}  // namespace gnomon::clickhouse
