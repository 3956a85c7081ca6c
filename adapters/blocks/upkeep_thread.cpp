#include "adapters/blocks/upkeep_thread.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "src/base/log.h"

namespace gnomon::blocks {
namespace {

constexpr std::chrono::milliseconds kTick{200};
constexpr std::chrono::milliseconds kTickAfterError{2000};

void loop(const UpkeepThread::Run& run, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const auto stopped = [&] { return stop.stop_requested(); };
  bool failed = false;
  while (!wake.wait_for(lock, stop, failed ? kTickAfterError : kTick, stopped)) {
    const auto done = run();
    if (!done.ok() && !failed) {
      base::log(base::LogLevel::Error, "upkeep of the store failed; it is tried again",
                {{"error", done.error().message}});
    }
    failed = !done.ok();
  }
}

}  // namespace

void UpkeepThread::start(Run run) {
  thread_ = std::jthread([run = std::move(run)](const std::stop_token& stop) { loop(run, stop); });
}

void UpkeepThread::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

}  // namespace gnomon::blocks
