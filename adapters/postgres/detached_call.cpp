#include "adapters/postgres/detached_call.h"

#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "src/base/limits.h"

namespace gnomon::postgres {
namespace {

std::atomic<size_t> running{0};

}  // namespace

bool call_detached(std::function<void()> call) {
  if (running.fetch_add(1) >= base::kPostgresDetachedCallsMax) {
    --running;
    return false;
  }
  try {
    std::thread([call = std::move(call)]() mutable {
      call();
      call = nullptr;  // what it owns goes before it counts as ended
      --running;
    }).detach();
  } catch (const std::exception&) {
    --running;
    return false;
  }
  return true;
}

}  // namespace gnomon::postgres
