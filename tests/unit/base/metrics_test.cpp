#include "src/base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace gnomon::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Metrics, TheTextIsSortedAndEscaped) {
  MetricsRegistry registry;
  registry.counter("b_total", "Says \\ and\nmore.", {{"x", "a\"b\\c\nd"}}).add(2);
  registry.counter("b_total", "ignored", {{"x", "a"}}).add();
  registry.gauge("a", "A gauge.").set(-0.5);
  registry.add_collector([](std::vector<MetricFamily>& out) {
    out.push_back({"a_first", "Elsewhere.", MetricType::Gauge, {{"", {{"k", "v"}}, 1e21}}});
  });
  EXPECT_EQ(exposition_text(registry.families()),
            "# HELP a A gauge.\n# TYPE a gauge\na -0.5\n"
            "# HELP a_first Elsewhere.\n# TYPE a_first gauge\na_first{k=\"v\"} 1e+21\n"
            "# HELP b_total Says \\\\ and\\nmore.\n# TYPE b_total counter\n"
            "b_total{x=\"a\"} 1\nb_total{x=\"a\\\"b\\\\c\\nd\"} 2\n");
}

TEST(Metrics, HistogramsAreCumulative) {
  MetricsRegistry registry;
  BucketCounter& seconds = registry.histogram("s", "Seconds.", {0.1, 1}, {{"h", "x"}});
  for (double value : {0.05, 0.1, 0.5, 7.0}) seconds.observe(value);
  EXPECT_THAT(seconds.cumulative(), ElementsAre(2, 3, 4));
  EXPECT_THAT(exposition_text(registry.families()),
              HasSubstr("s_bucket{h=\"x\",le=\"0.1\"} 2\ns_bucket{h=\"x\",le=\"1\"} 3\n"
                        "s_bucket{h=\"x\",le=\"+Inf\"} 4\ns_sum{h=\"x\"} 7.65\n"
                        "s_count{h=\"x\"} 4\n"));
}

TEST(Metrics, FamiliesOfOneNameAreJoined) {
  MetricsRegistry registry;
  registry.gauge("g", "G.", {{"a", "1"}}).set(1);
  registry.add_collector([](std::vector<MetricFamily>& out) {
    out.push_back({"g", "G.", MetricType::Gauge, {{"", {{"a", "2"}}, 2}}});
  });
  auto families = registry.families();
  ASSERT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].samples.size(), 2u);
}

TEST(Metrics, CountFromManyThreads) {
  MetricsRegistry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&registry] {
      for (int i = 0; i < 1'000; ++i) registry.counter("c", "C.").add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry.counter("c", "C.").value(), 8'000);
}

TEST(Metrics, TheProcessIsMeasured) {
  std::vector<MetricFamily> families;
  collect_process_metrics(families);
  auto value = [&families](std::string_view name) {
    for (const MetricFamily& family : families) {
      if (family.name == name) return family.samples.at(0).value;
    }
    return -1.0;
  };
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_LT(value("process_resident_memory_bytes"), 1e11);
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GE(value("process_threads"), 1);
  EXPECT_GE(value("process_cpu_seconds_total"), 0);
  double now = static_cast<double>(time(nullptr));
  EXPECT_NEAR(value("process_start_time_seconds"), now, 3'600);
}

}  // namespace
}  // namespace gnomon::base
