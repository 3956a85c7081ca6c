// Acknowledged writes into a fresh SQLite store: bench_sqlite_write FILE [series per request]
// [samples per series] [series] [hours] [threads]. Prints samples/s, CPU, memory, stop and size.
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "adapters/sqlite_database.h"

namespace {

using namespace gnomon;  // NOLINT
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto s = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return s(usage.ru_utime) + s(usage.ru_stime);
}

std::string memory() {
  std::ifstream status("/proc/self/status");
  std::string line, out;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS") || line.starts_with("VmHWM") || line.starts_with("RssAnon")) {
      out += line + "  ";
    }
  }
  return out;
}

std::string labels_of(size_t series) {
  std::string packed;
  model::append_packed(packed, "__name__",
                       "bench_metric_" + std::to_string(series % 40) + "_total");
  model::append_packed(packed, "cpu", std::to_string(series / 40 % 64));
  model::append_packed(packed, "env", "production");
  model::append_packed(packed, "instance", "host-" + std::to_string(series / 2560) + ":9100");
  model::append_packed(packed, "job", "node");
  return packed;
}

double value_of(size_t series, size_t step) {
  if (series % 4 == 0) return 1;
  const auto x = static_cast<double>(step);
  if (series % 4 == 1) return std::floor(x * 17 + static_cast<double>(series * 7919 % 13) * x / 3);
  const auto noise = static_cast<double>((series * 2654435761u + step * 40503u) % 1000);
  return std::round((50 + noise / 50) * 100) / 100;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : "/tmp/bench_sqlite_write.db";
  const auto number = [&](int i, size_t otherwise) {
    return argc > i ? static_cast<size_t>(std::atoll(argv[i])) : otherwise;
  };
  const size_t per_request = number(2, 2000), samples = number(3, 1), series = number(4, 10'000);
  const size_t steps = number(5, 3) * 240, threads = number(6, 4);
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
  auto store = adapters::SqliteDatabase::open(path, {});
  if (!store.ok()) return std::printf("%s\n", store.error().message.c_str()), 1;
  std::vector<std::string> packed(series);
  for (size_t s = 0; s < series; ++s) packed[s] = labels_of(s);
  const int64_t start_ms = 1'700'000'000'000 / 7'200'000 * 7'200'000;
  std::atomic<uint64_t> stored = 0;
  const double cpu = cpu_seconds();
  const auto begin = Clock::now();
  const auto work = [&](size_t thread) {
    model::WriteBatch batch;
    const size_t first = series * thread / threads, last = series * (thread + 1) / threads;
    for (size_t step = 0; step < steps; step += samples) {
      for (size_t from = first; from < last; from += per_request) {
        batch.clear();
        for (size_t s = from; s < std::min(last, from + per_request); ++s) {
          batch.begin_row(model::LabelsView(packed[s]));
          for (size_t i = step; i < step + samples; ++i) {
            batch.add({start_ms + static_cast<int64_t>(i) * 15'000, value_of(s, i)});
          }
          batch.end_row();
        }
        const auto outcome = (*store)->metrics().append(batch, {});
        if (!outcome.ok()) std::printf("%s\n", outcome.error().message.c_str()), std::exit(1);
        stored += outcome->samples_stored;
      }
    }
  };
  std::vector<std::jthread> workers;
  for (size_t thread = 0; thread < threads; ++thread) workers.emplace_back(work, thread);
  workers.clear();
  const double wall = seconds_since(begin);
  const auto count = static_cast<double>(stored.load());
  std::printf("%.0f samples, %.2f M/s, %.3f us CPU each\n%s\n", count, count / wall / 1e6,
              (cpu_seconds() - cpu) / count * 1e6, memory().c_str());
  std::this_thread::sleep_for(std::chrono::seconds(1));
  std::printf("settled: %.3f us CPU each\n%s\n", (cpu_seconds() - cpu) / count * 1e6,
              memory().c_str());
  const auto stop = Clock::now();
  store->reset();
  const double stopped = seconds_since(stop);
  std::printf("stop %.2f s, %.3f bytes/sample\n", stopped,
              static_cast<double>(std::filesystem::file_size(path)) / count);
  const auto restart = Clock::now();
  auto again = adapters::SqliteDatabase::open(path, {});
  std::printf("open again %.3f s: %s\n", seconds_since(restart), again.ok() ? "ok" : "failed");
}
