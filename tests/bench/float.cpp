// How fast numbers become text and text numbers, one core.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/text.h"

namespace {

constexpr size_t kNumbers = 100'000;

template <typename Work>
void measure(const char* what, const char* numbers, Work work) {
  int64_t best = INT64_MAX;
  for (int round = 0; round < 20; ++round) {
    const int64_t begin = gnomon::base::monotonic_ns();
    work();
    best = std::min(best, gnomon::base::monotonic_ns() - begin);
  }
  std::printf("%-16s %-22s %5.1f ns\n", what, numbers, static_cast<double>(best) / kNumbers);
}

void measure_all(const char* name, const std::vector<double>& numbers) {
  std::vector<std::string> texts;
  for (double v : numbers) texts.push_back(gnomon::base::format_float(v));
  volatile size_t sink = 0;
  measure("write_json_float", name, [&] {
    std::array<char, 32> out;
    size_t bytes = 0;
    for (double v : numbers) {
      bytes += static_cast<size_t>(gnomon::base::write_json_float(out.data(), v) - out.data());
    }
    sink = bytes;
  });
  measure("parse_float", name, [&] {
    double sum = 0;
    for (const std::string& text : texts) sum += *gnomon::base::parse_float(text);
    sink = static_cast<size_t>(sum != 0);
  });
}

}  // namespace

int main() {
  std::mt19937_64 random(1);
  std::vector<double> integers, decimals, doubles;
  for (size_t i = 0; i < kNumbers; ++i) {
    integers.push_back(static_cast<double>(random() % 10'000'000));
    decimals.push_back(static_cast<double>(random() % 10'000'000) / 1'000);
    doubles.push_back(static_cast<double>(random() % 10'000'000) / 3'000.7);
  }
  measure_all("integers", integers);
  measure_all("three decimals", decimals);
  measure_all("all 17 digits", doubles);
}
