// The SQL of tables and queries, with and without a cluster.
#include <gtest/gtest.h>

#include "adapters/clickhouse/metrics/catalog_statements.h"
#include "adapters/clickhouse/metrics/selection.h"
#include "adapters/clickhouse/metrics/statements.h"
#include "adapters/clickhouse/metrics/tables.h"
#include "adapters/clickhouse/schema.h"
#include "tests/unit/blocks/golden.h"

namespace gnomon::clickhouse {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

Options plain() {
  Options options;
  options.host = "localhost";
  options.database = "metrics";
  return options;
}

Options cluster() {
  Options options = plain();
  options.cluster = "company";
  return options;
}

model::Matcher matcher(model::MatchKind kind, const char* name, const char* value) {
  auto made = model::Matcher::create(kind, name, value);
  EXPECT_TRUE(made.ok());
  return *made;
}

std::string tables(const Options& options, int64_t retention_ms) {
  std::string text;
  for (const std::string& sql : create_statements(options, metrics_tables(), retention_ms))
    text += sql + ";\n";
  return text;
}

TEST(ClickHouseSql, CreatesTables) {
  compare_sql("clickhouse/tables.txt", tables(plain(), 15 * kDay));
  compare_sql("clickhouse/tables_cluster.txt", tables(cluster(), 400 * kDay));
}

TEST(ClickHouseSql, SelectsSeries) {
  using enum model::MatchKind;
  const std::vector<storage::CatalogQuery> queries = {
      {},
      {{{matcher(Equal, "__name__", "up")}}, 0, kDay},
      {{{matcher(NotEqual, "job", "it's"), matcher(Regex, "env", "prod|test")}}, -kDay, kDay - 1},
      {{{matcher(Regex, "path", "/api/.*"), matcher(NotRegex, "code", "5..")}}},
      {{{matcher(Equal, "a", "")}, {matcher(Regex, "b", ".+")}}},
  };
  std::string text;
  for (const auto& query : queries) {
    text += select_series(plain(), query) + "\n";
    text += select_label_names(plain(), query) + "\n";
    text += select_label_values(plain(), query, "job") + "\n\n";
  }
  compare_sql("clickhouse/series.txt", text);
}

std::shared_ptr<const SeriesList> many_series(size_t count) {
  auto list = std::make_shared<SeriesList>();
  for (size_t i = 0; i < count; ++i) {
    list->labels.push_back(
        model::Labels::from({{"__name__", "m"}, {"i", std::to_string(10'000 + i)}}));
    list->ids.push_back(series_id(list->labels.back().view()));
  }
  return list;
}

TEST(ClickHouseSql, SelectsSamples) {
  HttpClient client(plain());
  const Changes changes;
  PageCache cache(1 << 20);
  const model::Matchers m = {model::Matcher::equal("__name__", "m")};
  const model::TimeGrid grid{kDay, 2 * kDay, kHour};
  const struct {
    storage::Fragment fragment;
    size_t series;
    bool histograms = false;
    bool starts = false;
  } cases[] = {
      {{m, kDay - 299'999, kDay}, 1},
      {{m, kDay - 299'999, kDay}, 2000},
      {{m, kDay - 299'999, 2 * kDay}, 5000, true, true},
      {{{}, kDay - 299'999, 2 * kDay}, 5000},
      {{m, kDay - 299'999, 2 * kDay, storage::LastPerStep{grid}}, 5000},
      {{m, kDay - 299'999, 2 * kDay, storage::LastPerStep{{kDay, 2 * kDay, 60'000}}}, 5000},
      {{m, kDay - 299'999, 2 * kDay, storage::Windows{grid, 300'000}}, 5000},
      {{m, kDay - 299'999, 2 * kDay, storage::Rollup{"rate", grid, 300'000}}, 5000},
  };
  std::string text;
  for (const auto& one : cases) {
    const ClickHouseSelection selection(
        client, cache, changes,
        {one.fragment, many_series(one.series), one.histograms, one.starts});
    text += to_string(one.fragment) + "  of " + std::to_string(one.series) + " series\n----\n" +
            selection.describe() + "\n\n";
  }
  compare_sql("clickhouse/samples.txt", text);
}

}  // namespace
}  // namespace gnomon::clickhouse
