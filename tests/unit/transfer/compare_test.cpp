#include "src/transfer/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "src/storage/metrics/memory_store.h"
#include "src/transfer/queries.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon::transfer {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Answer vector(std::vector<std::pair<std::string, double>> elements) {
  model::Vector out;
  for (const auto& [name, value] : elements) {
    out.push_back({model::Labels::from({{"__name__", name}}), 1000, value, nullptr});
  }
  return engine::QueryAnswer{std::move(out), {}, {}};
}

std::vector<std::string> differ(const Answer& from, const Answer& to) {
  return differences(from, to, "a", 3);
}

TEST(Differences, AreNoneBetweenEqualAnswers) {
  EXPECT_THAT(differ(vector({{"a", 1}}), vector({{"a", 1}})), IsEmpty());
  const Answer error = Error{ErrorKind::Execution, "no"};
  EXPECT_THAT(differ(error, error), IsEmpty());
}

TEST(Differences, AreToldByTheBit) {
  EXPECT_THAT(differ(vector({{"a", 0.0}, {"b", 1}}), vector({{"a", -0.0}, {"b", 1}})),
              ElementsAre("{__name__=\"a\"} at 1000: from: 0 (0x0000000000000000); to: -0 "
                          "(0x8000000000000000)"));
}

TEST(Differences, NameSeriesAndTheirOrder) {
  EXPECT_THAT(differ(vector({{"a", 1}}), vector({{"b", 1}})),
              ElementsAre("{__name__=\"a\"} only in from", "{__name__=\"b\"} only in to"));
  EXPECT_THAT(differ(vector({{"a", 1}, {"b", 1}}), vector({{"b", 1}, {"a", 1}})),
              ElementsAre("the series come in another order"));
  EXPECT_THAT(differ(vector({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}}), vector({})),
              SizeIs(3));
}

TEST(Differences, IncludeErrorsTypesAndRemarks) {
  EXPECT_THAT(differ(Error{ErrorKind::Execution, "no"}, vector({})),
              ElementsAre("from: error: no; to: an answer"));
  EXPECT_THAT(differ(engine::QueryAnswer{model::RawMatrix{}, {}, {}}, vector({})),
              ElementsAre("the answers are of different types"));
  Answer remarked = vector({});
  remarked->annotations.add_plain("careful");
  EXPECT_THAT(differ(vector({}), remarked), ElementsAre("from: no remark; to: careful"));
}

TEST(Differences, FindTheFirstPointOfARange) {
  const model::TimeGrid grid{0, 30, 10};
  const auto matrix = [&](std::vector<double> values) {
    model::Column column;
    column.values = std::move(values);
    return Answer(engine::QueryAnswer{model::GridMatrix{grid, {{{}, std::move(column)}}}, {}, {}});
  };
  EXPECT_THAT(differ(matrix({1, 2, 3, 4}), matrix({1, model::kStale, 3, 5})),
              ElementsAre("{} at 10: from: 2 (0x4000000000000000); to: nothing"));
  Answer with_histogram = matrix({1, 2, 3, 4});
  auto& series = std::get<model::GridMatrix>(with_histogram->value).series;
  series[0].column.set_histogram(3, std::make_shared<model::Histogram>());
  EXPECT_THAT(differ(matrix({1, 2, 3, 4}), with_histogram),
              ElementsAre("{} at 30: from: 4 (0x4010000000000000); to: {count:0, sum:0}"));
}

TEST(Queries, AreReadLineByLine) {
  std::istringstream lines("# comment\n\n up \r\n  # another\nrate(a[5m])");
  EXPECT_THAT(read_queries(lines), ElementsAre("up", "rate(a[5m])"));
}

TEST(Queries, AreMadeOfTheMetricsThatThereAre) {
  storage::MemoryStore store;
  Batch batch;
  batch.row({{"__name__", "up"}}, {{1000, 1}});
  batch.row({{"__name__", "s_bucket"}, {"le", "1"}}, {{1000, 1}});
  batch.row({{"__name__", "with space"}}, {{1000, 1}});
  ASSERT_TRUE(store.append(batch.get(), {}).ok());
  const auto queries = queries_about(store.catalog(), 10);
  ASSERT_TRUE(queries.ok());
  EXPECT_THAT(*queries, Contains("rate(up[5m])"));
  EXPECT_THAT(*queries, Contains("count({\"with space\"})"));
  EXPECT_THAT(*queries, Contains("histogram_quantile(0.9, sum by (le) (rate(s_bucket[10m])))"));
  EXPECT_THAT(*queries_about(store.catalog(), 1), SizeIs(8));
}

}  // namespace
}  // namespace gnomon::transfer
