#include "adapters/clickhouse/inserter.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "adapters/clickhouse/schema.h"
#include "src/base/clock.h"

namespace gnomon::clickhouse {
namespace {

constexpr int64_t kPauseMsMin = 20;
constexpr int64_t kPauseMsMax = 1'000;

std::string new_token() {
  static const uint64_t kProcess = [] {
    std::random_device random;
    return static_cast<uint64_t>(random()) << 32 | random();
  }();
  static std::atomic<uint64_t> count = 0;
  return "gnomon-" + std::to_string(kProcess) + "-" + std::to_string(getpid()) + "-" +
         std::to_string(++count);
}

}  // namespace

std::string insert_statement(const Options& options, std::string_view table,
                             std::string_view columns, std::string_view format) {
  return "INSERT INTO " + table_name(options, table) + " (" + std::string(columns) + ") FORMAT " +
         std::string(format);
}

Result<void> insert(HttpClient& client, const std::string& statement, std::string_view data) {
  const Options& options = client.options();
  const int64_t retry_ms = int64_t{options.insert_retry_seconds} * 1000;
  Request request{.sql = statement, .data = data, .timeout_ms = std::max<int64_t>(retry_ms, 1)};
  request.settings = {{"async_insert", "0"},
                      {"insert_deduplicate", "1"},
                      {"insert_deduplication_token", new_token()},
                      {"max_partitions_per_insert_block", "0"}};
  if (!options.cluster.empty()) request.settings.push_back({"distributed_foreground_insert", "1"});
  if (options.quorum > 0) {
    request.settings.push_back({"insert_quorum", std::to_string(options.quorum)});
  }
  const int64_t deadline = base::monotonic_ns() + retry_ms * 1'000'000;
  const auto ignore = [](std::string_view) { return Result<void>(); };
  for (int64_t pause = kPauseMsMin;; pause = std::min(pause * 2, kPauseMsMax)) {
    Failure failure;
    if (client.try_run(request, ignore, {}, failure)) return {};
    if (!failure.transient) return failure.error;
    if (base::monotonic_ns() + pause * 1'000'000 > deadline) {
      return Error{ErrorKind::Unavailable, failure.error.message};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));
  }
}

}  // namespace gnomon::clickhouse
