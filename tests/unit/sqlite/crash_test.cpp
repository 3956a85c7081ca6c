// Kills a process that ingests, seals and merges at random moments, and finds every acknowledged
// sample exactly once. GNOMON_CRASHES: how many times (default 6).
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "src/storage/window.h"
#include "tests/open_metrics.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

constexpr int kWriters = 3;
constexpr int kSeries = 40;              // per writer
constexpr int64_t kStepMs = 600'000;     // twelve steps a window: seals follow each other closely
constexpr int64_t kLateMs = 90'061'000;  // every seventh step a sample for a day that is merged
// Between two steps, so that what is there, all of which is read after each crash, stays small.
constexpr auto kPause = std::chrono::milliseconds(3);

struct Acknowledged {
  int32_t writer;
  int32_t step;
};

double value_of(int writer, int series, int64_t time_ms) {
  return static_cast<double>(time_ms / 1000 * 7 + series * 3 + writer) / 4;
}

storage::StoreOptions options(bool background) {
  storage::StoreOptions options;
  options.background = background;
  options.retention_ms = 0;
  options.seal_grace_ms = kStepMs;
  options.day_merge_after_ms = 2 * 3'600'000;
  options.log_bytes_max = 200'000;
  return options;
}

// The times a step writes for each series, oldest first.
std::vector<int64_t> times_of(int step) {
  const int64_t time = int64_t{step} * kStepMs;
  if (step % 7 == 0 && time > kLateMs) return {time - kLateMs, time, time + 15'000};
  return {time, time + 15'000};
}

void write_steps(storage::MetricStore& store, int writer, int first, int pipe) {
  for (int step = first;; ++step) {
    Batch batch;
    for (int series = 0; series < kSeries; ++series) {
      std::vector<model::Sample> samples;
      for (int64_t time : times_of(step)) samples.push_back({time, value_of(writer, series, time)});
      batch.row({{"__name__", "m"}, {"w", std::to_string(writer)}, {"i", std::to_string(series)}},
                samples);
    }
    const auto outcome = store.append(batch.get(), {});
    if (!outcome.ok() || outcome->samples_stored != batch.get().samples.size()) ::_exit(3);
    const Acknowledged done{writer, step};
    if (::write(pipe, &done, sizeof(done)) != sizeof(done)) ::_exit(4);
    std::this_thread::sleep_for(kPause);
  }
}

[[noreturn]] void child(const std::string& file, const std::array<int, kWriters>& next, int pipe) {
  auto store = open_metrics("sqlite:" + file, options(true));
  if (!store.ok()) ::_exit(5);
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] { write_steps(**store, writer, next[writer], pipe); });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(0);
}

class Crash : public testing::Test {
 protected:
  // Lets a child write and kills it after a while; collects what it acknowledged.
  void ingest_and_kill(std::chrono::microseconds life) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t pid = ::fork();
    if (pid == 0) child(file_, next_, pipe[1]);
    ::close(pipe[1]);
    std::jthread killer([&] {
      std::this_thread::sleep_for(life);
      ::kill(pid, SIGKILL);
    });
    Acknowledged done;
    while (::read(pipe[0], &done, sizeof(done)) == sizeof(done)) {
      next_[static_cast<size_t>(done.writer)] = done.step + 1;
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
  }

  void check() {
    auto store = open_metrics("sqlite:" + file_, options(false));
    ASSERT_TRUE(store.ok()) << store.error().message;
    std::map<int, std::set<int64_t>> expected, allowed;
    for (int writer = 0; writer < kWriters; ++writer) {
      for (int step = 1; step <= next_[static_cast<size_t>(writer)]; ++step) {
        for (int64_t time : times_of(step)) {
          allowed[writer].insert(time);
          if (step < next_[static_cast<size_t>(writer)]) expected[writer].insert(time);
        }
      }
    }
    size_t found = 0;
    for (const auto& [labels, block] : read_all(**store)) {
      const int writer = std::stoi(std::string(labels.get("w")));
      const int series = std::stoi(std::string(labels.get("i")));
      const std::set<int64_t> times(block.times.begin(), block.times.end());
      ASSERT_EQ(times.size(), block.times.size()) << "a sample is there twice";
      ASSERT_TRUE(std::includes(times.begin(), times.end(), expected[writer].begin(),
                                expected[writer].end()))
          << "an acknowledged sample is missing";
      ASSERT_TRUE(
          std::includes(allowed[writer].begin(), allowed[writer].end(), times.begin(), times.end()))
          << "a sample nobody wrote";
      for (size_t i = 0; i < block.times.size(); ++i) {
        ASSERT_EQ(block.values[i], value_of(writer, series, block.times[i]));
      }
      ++found;
    }
    const auto written = std::count_if(next_.begin(), next_.end(), [](int n) { return n > 1; });
    ASSERT_GE(found, static_cast<size_t>(written) * kSeries);
  }

  TemporaryFolder folder_;
  std::string file_ = folder_.file("crash.db");
  std::array<int, kWriters> next_ = {1, 1, 1};
};

TEST_F(Crash, EveryAcknowledgedSampleIsThereOnce) {
  const char* count = std::getenv("GNOMON_CRASHES");
  const int crashes = count != nullptr ? std::atoi(count) : 6;
  std::mt19937 random(static_cast<unsigned>(crashes));
  for (int crash = 0; crash < crashes; ++crash) {
    SCOPED_TRACE(crash);
    ingest_and_kill(std::chrono::microseconds(20'000 + random() % 400'000));
    if (HasFatalFailure()) return;
    check();
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(next_[0], crashes);
}

}  // namespace
}  // namespace gnomon
