// How fast exposition text becomes rows, one core: scraped text (each line another series) and a
// file of old samples (many lines of one series).
#include "src/wire/exposition.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "src/base/clock.h"

namespace {

constexpr int kLines = 50'000;

std::string make_text(int lines_per_series) {
  std::string text;
  for (int i = 0; i < kLines; ++i) {
    const int series = i / lines_per_series;
    text += "node_cpu_seconds_total{cluster=\"production-eu-west-1\",cpu=\"" +
            std::to_string(series % 64) + "\",instance=\"host-" + std::to_string(series) +
            ".example.org:9100\",job=\"node-exporter\",mode=\"user\"} " + std::to_string(i) +
            ".25 " + std::to_string(1'700'000'000'000 + i) + "\n";
  }
  return text;
}

}  // namespace

int main() {
  using namespace gnomon;
  for (const int lines_per_series : {1, 100}) {
    const std::string text = make_text(lines_per_series);
    model::WriteBatch batch;
    int64_t best = INT64_MAX;
    for (int round = 0; round < 30; ++round) {
      wire::WriteRefusals refusals;
      wire::ExpositionParser parser(wire::ExpositionFormat::Text, 0);
      batch.clear();
      const int64_t begin = base::monotonic_ns();
      parser.feed(text, batch, refusals);
      parser.finish(batch, refusals);
      best = std::min(best, base::monotonic_ns() - begin);
      if (batch.samples.size() != kLines) std::abort();
    }
    std::printf("%3d lines/series  %5.2f M samples/s  %4.0f MB/s\n", lines_per_series,
                kLines * 1e3 / static_cast<double>(best),
                static_cast<double>(text.size()) * 1e3 / static_cast<double>(best));
  }
}
