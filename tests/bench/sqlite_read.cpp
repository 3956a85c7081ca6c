// Reads whole selections of a SQLite store that bench_sqlite_write left behind:
// bench_sqlite_read FILE [rounds]. Prints CPU milliseconds per selection, cold and warm.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "adapters/sqlite_database.h"

namespace {

using namespace gnomon;  // NOLINT

// CPU time of this thread: neighbours do not count.
double now_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

struct Read {
  double ms = 0;
  size_t series = 0;
  size_t samples = 0;
};

Read read(storage::MetricStore& store, const model::Matchers& matchers, int64_t min, int64_t max) {
  const double begin = now_ms();
  Read out;
  auto selection = store.select({matchers, min, max}, {});
  out.series = (*selection)->series().size();
  auto cursor = (*selection)->open(0, out.series, {});
  model::SampleBlock block;
  for (auto more = (*cursor)->next(block); more.ok() && *more; more = (*cursor)->next(block)) {
    out.samples += block.size();
  }
  out.ms = now_ms() - begin;
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : "/tmp/bench_sqlite_write.db";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  auto store = adapters::SqliteDatabase::open(path, {});
  if (!store.ok()) return std::printf("%s\n", store.error().message.c_str()), 1;
  const auto statistics = (*store)->metrics().catalog().statistics(1, {});
  const int64_t end = statistics->max_time_ms;
  const int64_t hour = 3'600'000;
  const model::Matchers one = {model::Matcher::equal("__name__", "bench_metric_7_total")};
  struct Case {
    const char* name;
    model::Matchers matchers;
    int64_t min;
    int64_t max;
  };
  const Case cases[] = {
      {"all series, last 5 m", {}, end - hour / 12, end},
      {"all series, last 1 h", {}, end - hour, end},
      {"all series, everything", {}, model::kTimeMin, model::kTimeMax},
      {"one metric, last 5 m", one, end - hour / 12, end},
      {"one metric, everything", one, model::kTimeMin, model::kTimeMax},
      {"no samples in range", {}, end + hour * 50, end + hour * 51},
  };
  for (const Case& c : cases) {
    const Read cold = read((*store)->metrics(), c.matchers, c.min, c.max);
    std::vector<double> warm;
    for (int i = 0; i < rounds; ++i)
      warm.push_back(read((*store)->metrics(), c.matchers, c.min, c.max).ms);
    std::sort(warm.begin(), warm.end());
    const double best = warm.front();
    std::printf("%-24s %6zu series %9zu samples  cold %8.2f ms  warm %8.2f ms  %.3f us/series\n",
                c.name, cold.series, cold.samples, cold.ms, best,
                best * 1e3 / static_cast<double>(std::max<size_t>(cold.series, 1)));
  }
}
