#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {

// `file` is below testdata/sql.
inline void compare_sql(const std::string& file, const std::string& text) {
  const std::string path = GNOMON_SOURCE_DIR "/testdata/sql/" + file;
  if (std::getenv("GNOMON_UPDATE") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  const std::string golden(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text, golden) << "GNOMON_UPDATE=1 accepts it";
}

// The SQL that selections run, as EXPLAIN shows it, in an empty store of chunks: it is given four
// days, of which the first two are merged by calling `maintain` several times.
template <typename Maintain>
std::string sql_of_chunks(storage::MetricStore& store, const Maintain& maintain) {
  constexpr int64_t kHour = 3'600'000;
  constexpr int64_t kDay = 24 * kHour;
  Batch batch;
  for (int i = 0; i < 300; ++i) {
    std::vector<model::Sample> samples;
    for (int64_t t = 0; t < 4 * kDay; t += kHour) samples.push_back({t, double(t + i)});
    batch.row({{"__name__", "m"}, {"i", std::to_string(1000 + i)}}, samples);
  }
  EXPECT_TRUE(store.append(batch.get(), {}).ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(maintain().ok());
  const auto one = [](const char* i) { return model::Matchers{model::Matcher::equal("i", i)}; };
  const storage::Fragment fragments[] = {
      {one("1000"), 80 * kHour, 81 * kHour},
      {one("1299"), 79 * kHour, 81 * kHour},
      {one("1017"), 0, kDay},
      {{}, 80 * kHour, 81 * kHour},
      {{}, 0, 100 * kDay},
      {one("none"), 0, kDay},
      {{}, 200 * kDay, 201 * kDay},
  };
  std::string text;
  for (const storage::Fragment& fragment : fragments) {
    auto selection = store.select(fragment, {});
    EXPECT_TRUE(selection.ok());
    const std::string sql = (*selection)->describe();
    text += to_string(fragment) + "\n----\n" + sql + (sql.empty() ? "\n" : "\n\n");
  }
  return text;
}

template <typename Store>
std::string sql_of_chunks(Store& store) {
  return sql_of_chunks(store, [&] { return store.maintain(true); });
}

}  // namespace gnomon
