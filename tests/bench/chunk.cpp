// Chunk codec: bytes per sample, encode and decode speed, by kind of series.
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "src/storage/metrics/chunk.h"

namespace gnomon {
namespace {

using Random = std::mt19937_64;
using Next = std::function<double(Random&)>;

struct Kind {
  const char* name;
  double jitter;  // share of samples that come late
  std::function<Next(Random&)> series;
};

double uniform(Random& random) { return std::uniform_real_distribution<>()(random); }
double gauss(Random& random) { return std::normal_distribution<>()(random); }
int64_t poisson(Random& random, double mean) {
  return std::poisson_distribution<int64_t>(mean)(random);
}

Next counter(Random& random, double mean, double divisor) {
  return [=, sum = static_cast<int64_t>(mean * 10'000 * uniform(random))](Random& r) mutable {
    sum += poisson(r, mean);
    return static_cast<double>(sum) / divisor;
  };
}

Next walk(Random& random, double move, double often, double unit, double divisor) {
  return [=, at = static_cast<int64_t>(1000 + 100'000 * uniform(random))](Random& r) mutable {
    if (uniform(r) < often) at += std::llround(move * gauss(r));
    return static_cast<double>(at) * unit / divisor;
  };
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"constant", 0, [](Random&) { return [](Random&) { return 1.0; }; }},
      {"counter of 50", 0, [](Random& r) { return counter(r, 50, 1); }},
      {"counter of 0.05", 0, [](Random& r) { return counter(r, 0.05, 1); }},
      {"counter of 9e6 bytes", 0, [](Random& r) { return counter(r, 9e6, 1); }},
      {"counter of centiseconds", 0, [](Random& r) { return counter(r, 350, 100); }},
      {"counter of 50, jitter", 1.0 / 64, [](Random& r) { return counter(r, 50, 1); }},
      {"counter of 50, all jitter", 1, [](Random& r) { return counter(r, 50, 1); }},
      {"gauge of small integers", 0, [](Random& r) { return walk(r, 3, 0.25, 1, 1); }},
      {"gauge of pages", 0, [](Random& r) { return walk(r, 300, 0.67, 4096, 1); }},
      {"gauge of 2 decimals", 0, [](Random& r) { return walk(r, 30, 1, 1, 100); }},
      {"gauge of 9 decimals", 0,
       [](Random&) {
         return [](Random& r) { return std::floor(0.01 * (0.6 + uniform(r)) * 1e9) / 1e9; };
       }},
      {"sum of doubles", 0,
       [](Random&) { return [sum = 1e3](Random& r) mutable { return sum += uniform(r) * 12; }; }},
      {"sum of doubles, seldom", 0,
       [](Random&) {
         return [sum = 1e3](Random& r) mutable {
           return sum += uniform(r) < 0.1 ? uniform(r) * 12 : 0;
         };
       }},
      {"gauge of doubles", 0, [](Random&) { return [](Random& r) { return gauss(r); }; }},
  };
  return all;
}

// CPU time: neighbours on the machine do not count.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void measure(const Kind& kind, size_t samples) {
  constexpr size_t kSeries = 100;
  constexpr int kRounds = 40;
  Random random(7);
  std::vector<model::SampleBlock> blocks(kSeries);
  for (model::SampleBlock& block : blocks) {
    const Next next = kind.series(random);
    for (size_t i = 0; i < samples; ++i) {
      int64_t time = 1'763'000'000'000 + static_cast<int64_t>(i) * 15'000;
      if (uniform(random) < kind.jitter) time += 1 + static_cast<int64_t>(random() % 4);
      block.times.push_back(time);
      block.values.push_back(next(random));
    }
  }
  std::vector<std::string> chunks(kSeries);
  size_t bytes = 0;
  double start = cpu_seconds();
  for (size_t i = 0; i < kSeries; ++i) storage::encode_chunk(blocks[i], chunks[i]);
  const double encode = cpu_seconds() - start;
  for (const std::string& chunk : chunks) bytes += chunk.size();

  model::SampleBlock decoded;
  start = cpu_seconds();
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& chunk : chunks) {
      decoded.clear();
      if (!storage::decode_chunk(chunk, model::kTimeMin, model::kTimeMax, decoded).ok()) return;
    }
  }
  const double decode = cpu_seconds() - start;
  const double total = static_cast<double>(kSeries * samples);
  std::printf("%-26s %5zu %7.3f B/sample %8.1f M/s encode %8.1f M/s decode\n", kind.name, samples,
              static_cast<double>(bytes) / total, total / encode / 1e6,
              total * kRounds / decode / 1e6);
}

}  // namespace
}  // namespace gnomon

int main() {
  for (const size_t samples : {120, 480, 5760}) {
    for (const auto& kind : gnomon::kinds()) gnomon::measure(kind, samples);
  }
}
