// How long parsing, checking and printing take, one core.
#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "src/base/clock.h"
#include "src/promql/parser.h"
#include "src/promql/printer.h"

namespace {

using namespace gnomon;

constexpr int kTimes = 200;

template <typename Work>
double best_us(Work work) {
  int64_t best = INT64_MAX;
  for (int round = 0; round < 50; ++round) {
    const int64_t begin = base::monotonic_ns();
    for (int i = 0; i < kTimes; ++i) work();
    best = std::min(best, base::monotonic_ns() - begin);
  }
  return static_cast<double>(best) / kTimes / 1e3;
}

constexpr const char* kQueries[] = {
    "up",
    R"(sum by (job) (rate(http_requests_total{job="api"}[5m])))",
    R"(histogram_quantile(0.99, sum by (le, job) (rate(http_request_duration_seconds_bucket)"
    R"({job="api"}[5m]))) / on (job) group_left (team) owners > 0.5 and up == 1)",
    R"(sum(rate(http_requests_total{job="api",)",
};

}  // namespace

int main() {
  size_t sink = 0;
  for (const char* query : kQueries) {
    const auto expr = promql::parse(query, {});
    const double parse = best_us([&] { sink += promql::parse(query, {}).ok() ? 1 : 0; });
    const double print = expr.ok() ? best_us([&] { sink += promql::to_string(**expr).size(); }) : 0;
    std::printf("parse %6.1f us  print %5.1f us  %s\n", parse, print, query);
  }
  return sink == 0 ? 1 : 0;
}
