// Points per second of the answer encoder, one thread, for three kinds of values.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

#include "http/prometheus/envelope.h"
#include "src/model/value.h"

namespace {

using gnomon::model::GridMatrix;

constexpr size_t kSeries = 2'000;
constexpr size_t kSteps = 720;

GridMatrix matrix_of(double (*value)(size_t series, size_t step)) {
  GridMatrix matrix;
  matrix.grid = {1'700'000'000'000, 1'700'000'000'000 + 15'000 * (kSteps - 1), 15'000};
  for (size_t series = 0; series < kSeries; ++series) {
    auto& out = matrix.series.emplace_back();
    out.labels = gnomon::model::Labels::from({{"__name__", "cpu"}, {"n", std::to_string(series)}});
    out.column.reset(kSteps);
    for (size_t step = 0; step < kSteps; ++step) out.column.values[step] = value(series, step);
  }
  return matrix;
}

void measure(const char* what, double (*value)(size_t, size_t)) {
  double best = 0;
  size_t bytes = 0;
  for (int round = 0; round < 5; ++round) {
    auto response = gnomon::prometheus::value_response(matrix_of(value), "", {});
    auto begin = std::chrono::steady_clock::now();
    bytes = 0;
    std::string piece;
    for (bool more = true; more;) {
      piece.clear();
      more = response.stream->next(piece);
      bytes += piece.size();
    }
    std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    best = std::max(best, kSeries * kSteps / taken.count());
  }
  std::printf("%-10s %6.1f M points/s  %5.1f bytes/point\n", what, best / 1e6,
              static_cast<double>(bytes) / (kSeries * kSteps));
}

}  // namespace

int main() {
  measure("integers", [](size_t series, size_t step) {
    return static_cast<double>(1'000'000 + series * 17 + step * 13);
  });
  measure("decimals", [](size_t series, size_t step) {
    return static_cast<double>(1'000'000 + series * 17 + step * 13) / 100;
  });
  measure("full", [](size_t series, size_t step) {
    return std::sqrt(static_cast<double>(series * 1'000 + step + 2));
  });
}
