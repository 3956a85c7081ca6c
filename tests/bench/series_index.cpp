// Series index: adding, finding, selecting and memory, on series as an instrumented service has.
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "src/storage/series_index.h"

namespace gnomon {
namespace {

using model::Labels;
using model::LabelsView;
using model::Matcher;
using model::Matchers;
using model::MatchKind;

double micros(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
      .count();
}

// About 150 bytes of labels; 1000 series of each of the first metrics and so on.
Labels series_number(size_t i) {
  const std::string instance = "host-" + std::to_string(10'000 + i / 100) + ":8080";
  return Labels::from({{"__name__", "http_requests_total_" + std::to_string(i % 30)},
                       {"cluster", "eu" + std::to_string(i % 3)},
                       {"handler", "/api/v1/items/" + std::to_string(i % 7)},
                       {"instance", instance},
                       {"job", "service-" + std::to_string(i % 5)},
                       {"method", i % 2 == 0 ? "GET" : "POST"},
                       {"pod", "checkout-7d9f8b-" + std::to_string(i)},
                       {"status", std::to_string(200 + i % 10)}});
}

void measure(size_t count) {
  std::vector<Labels> labels;
  for (size_t i = 0; i < count; ++i) labels.push_back(series_number(i));
  const size_t before = mallinfo2().uordblks;
  storage::SeriesIndex index;
  std::vector<storage::SeriesId> ids;
  std::vector<uint32_t> added;
  std::vector<LabelsView> views;
  const auto add_all = [&] {
    for (size_t begin = 0; begin < count; begin += 1000) {
      views.clear();
      for (size_t i = begin; i < std::min(count, begin + 1000); ++i) {
        views.push_back(labels[i].view());
      }
      if (!index.find_or_add(views, ids, added).ok()) std::abort();
    }
  };
  const double n = static_cast<double>(count);
  std::printf("%zu series\n", count);
  std::printf("  add        %8.0f ns a series\n", micros(add_all) * 1000 / n);
  std::printf("  find       %8.0f ns a series\n", micros(add_all) * 1000 / n);
  std::printf("  memory     %8.0f bytes a series\n",
              static_cast<double>(mallinfo2().uordblks - before) / n);
  std::printf("  first rank %8.0f us\n",
              micros([&] { index.match({Matcher::equal("job", "none")}); }));
  const auto select = [&](const char* text, const Matchers& matchers) {
    size_t found = 0;
    const double cold = micros([&] { found = index.match(matchers)->ids.size(); });
    const double again = micros([&] { index.match(matchers); });
    std::printf("  %-46s %6zu series, cold %7.0f us, again %5.1f us\n", text, found, cold, again);
  };
  const auto regex = [](const char* name, const char* value, MatchKind kind = MatchKind::Regex) {
    return Matcher::create(kind, name, value).value();
  };
  select("{__name__=~\".+\"}", {regex("__name__", ".+")});
  select("{cluster=\"eu1\"}", {Matcher::equal("cluster", "eu1")});
  select("{__name__=\"..._7\"}", {Matcher::equal("__name__", "http_requests_total_7")});
  select("{__name__=\"..._7\",pod=~\".*77.*\"}",
         {Matcher::equal("__name__", "http_requests_total_7"), regex("pod", ".*77.*")});
  select("{pod=~\"checkout-.*[13]\"}", {regex("pod", "checkout-.*[13]")});
  select("{status!~\"5..|20[1-9]\"}", {regex("status", "5..|20[1-9]", MatchKind::NotRegex)});
  std::printf("  new series %8.0f us to select {cluster=\"eu1\"} after one was added\n",
              micros([&] {
                const Labels extra = Labels::from({{"cluster", "eu1"}});
                const std::vector<LabelsView> one = {extra.view()};
                if (!index.find_or_add(one, ids, added).ok()) std::abort();
                index.match({Matcher::equal("cluster", "eu1")});
              }));
}

}  // namespace
}  // namespace gnomon

int main() {
  for (const size_t count : {10'000, 30'000, 100'000}) gnomon::measure(count);
}
