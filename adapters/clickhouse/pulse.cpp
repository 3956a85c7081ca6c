#include "adapters/clickhouse/pulse.h"

#include "adapters/clickhouse/schema.h"
#include "src/base/clock.h"

namespace gnomon::clickhouse {
namespace {

constexpr int64_t kPulseMs = 500;

}  // namespace

Result<void> Pulse::refresh(std::stop_token stop) {
  const Options& options = client_.options();
  std::string sql = "SELECT name FROM " + table_name(options, "facts");
  // Inserts and deletions count up; merges change nothing. With a cluster this is not known.
  if (options.cluster.empty()) {
    sql +=
        " UNION ALL SELECT concat('parts ', toString(max(max_block_number)), ' ', "
        "toString(max(data_version)), ' ', toString(uniqExact(partition_id))) "
        "FROM system.parts WHERE active AND database = " +
        quoted(options.database) + " AND table = 'series'";
  } else {
    ++version_;
  }
  TRY(const std::string answer, client_.fetch({.sql = sql}, std::move(stop)));
  std::string_view rest = answer;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line == "histograms") histograms_ = true;
    if (line == "starts") starts_ = true;
    if (line.starts_with("parts ") && line != parts_) {
      parts_ = line;
      ++version_;
    }
  }
  return {};
}

Result<Vitals> Pulse::vitals(std::stop_token stop) {
  const std::lock_guard hold(mutex_);
  const int64_t now = base::monotonic_ns();
  if (asked_ns_ == 0 || now - asked_ns_ > kPulseMs * 1'000'000) {
    TRY_VOID(refresh(std::move(stop)));
    asked_ns_ = now;
  }
  return Vitals{version_ + (own_writes_.load() << 32), histograms_, starts_};
}

Result<void> Pulse::record(const char* fact, std::atomic<bool>& known) {
  if (known) return {};
  const Options& options = client_.options();
  Request request{.sql = "INSERT INTO " + table_name(options, "facts") + " VALUES (" +
                         quoted(fact) + ")"};
  if (!options.cluster.empty()) request.settings = {{"distributed_foreground_insert", "1"}};
  TRY_VOID(client_.fetch(request));
  known = true;
  return {};
}

}  // namespace gnomon::clickhouse
