#include "adapters/clickhouse/inserter.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>

#include "adapters/clickhouse/schema.h"
#include "src/base/clock.h"

namespace gnomon::clickhouse {
namespace {

// Between attempts.
constexpr int64_t kPauseMsMin = 20;
constexpr int64_t kPauseMsMax = 1'000;
constexpr int64_t kAttemptMsMin = 1'000;

std::string new_token() {
  static const uint64_t kProcess = [] {
    std::random_device random;
    return static_cast<uint64_t>(random()) << 32 | random();
  }();
  static std::atomic<uint64_t> count = 0;
  return "gnomon-" + std::to_string(kProcess) + "-" + std::to_string(getpid()) + "-" +
         std::to_string(++count);
}

// False: stop fired.
bool pause(int64_t ms, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, std::chrono::milliseconds(ms), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

std::string insert_statement(const Options& options, std::string_view table,
                             std::string_view columns, std::string_view format) {
  return "INSERT INTO " + table_name(options, table) + " (" + std::string(columns) + ") FORMAT " +
         std::string(format);
}

Result<void> insert(HttpClient& client, const std::string& statement, std::string_view data,
                    std::stop_token abandoned) {
  const Options& options = client.options();
  const int64_t retry_ms = int64_t{options.insert_retry_seconds} * 1000;
  Request request{.sql = statement, .data = data};
  request.settings = {{"async_insert", "0"},
                      {"insert_deduplicate", "1"},
                      {"insert_deduplication_token", new_token()},
                      {"max_partitions_per_insert_block", "0"}};
  if (!options.cluster.empty()) request.settings.push_back({"distributed_foreground_insert", "1"});
  if (options.quorum > 0) {
    request.settings.push_back({"insert_quorum", std::to_string(options.quorum)});
  }
  const auto gave_up = [] {
    return Error{ErrorKind::Unavailable, "the request was canceled while it was stored"};
  };
  const int64_t deadline_ms = base::monotonic_ns() / 1'000'000 + retry_ms;
  const auto ignore = [](std::string_view) { return Result<void>(); };
  for (int64_t pause_ms = kPauseMsMin;; pause_ms = std::min(pause_ms * 2, kPauseMsMax)) {
    const int64_t left_ms = deadline_ms - base::monotonic_ns() / 1'000'000;
    request.timeout_ms = std::max(left_ms, kAttemptMsMin);
    Failure failure;
    if (client.try_run(request, ignore, abandoned, failure)) return {};
    if (abandoned.stop_requested()) return gave_up();
    if (!failure.transient) return failure.error;
    if (base::monotonic_ns() / 1'000'000 + pause_ms > deadline_ms) {
      return Error{ErrorKind::Unavailable, failure.error.message};
    }
    if (!pause(pause_ms, abandoned)) return gave_up();
  }
}

}  // namespace gnomon::clickhouse
