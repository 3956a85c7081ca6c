// What scripts cannot reach: budgets, time-outs, cancelling, waiting, and the number of threads.
#include "src/engine/engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "src/base/worker_pool.h"
#include "src/storage/metrics/memory_store.h"

namespace gnomon::engine {
namespace {

constexpr int64_t kStepMs = 15'000;

// `series` counters of 100 samples each: c{n="0"}, c{n="1"}, ...
void fill(storage::MetricStore& store, int series) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> step(0, 1);
  model::WriteBatch batch;
  for (int n = 0; n < series; ++n) {
    auto labels = model::Labels::from({{"__name__", "c"}, {"n", std::to_string(n)}});
    batch.begin_row(labels.view());
    double value = 0;
    for (int i = 0; i < 100; ++i) batch.add({i * kStepMs, value += step(random)});
    batch.end_row();
  }
  auto outcome = store.append(batch, {});
  ASSERT_TRUE(outcome.ok());
  ASSERT_EQ(outcome->samples_stored, batch.samples.size());
}

class EngineTest : public testing::Test {
 protected:
  void SetUp() override { fill(store_, 1000); }

  Result<QueryAnswer> run(const std::string& text, EngineOptions options, size_t threads = 2,
                          std::stop_token stop = {}) {
    base::WorkerPool workers(threads);
    Engine engine(store_, workers, std::move(options));
    return engine.run(range(text), stop);
  }

  static QueryRequest range(const std::string& text) {
    QueryRequest request;
    request.text = text;
    request.grid = {600'000, 1'200'000, kStepMs};
    return request;
  }

  storage::MemoryStore store_;
};

TEST_F(EngineTest, SumsHaveTheSameBitsWithAnyNumberOfThreads) {
  auto values = [&](size_t threads) {
    auto answer = run("sum(rate(c[5m]))", {}, threads);
    EXPECT_TRUE(answer.ok());
    return std::get<model::GridMatrix>(answer->value).series.at(0).column.values;
  };
  auto one = values(1);
  ASSERT_EQ(one.size(), 41u);
  for (size_t threads : {2, 3, 8}) EXPECT_EQ(values(threads), one);
}

TEST_F(EngineTest, TooManySamplesIsAnErrorThatNamesTheFlag) {
  EngineOptions options;
  options.max_samples = 20'000;
  auto refused = run("c", options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Execution);
  EXPECT_EQ(refused.error().message,
            "query processing would load too many samples into memory in query execution "
            "(limit 20000, raised by --query.max-samples)");
  // The same series summed need no more memory than a group and a series.
  EXPECT_TRUE(run("sum(c)", options).ok());
}

// Points that are nobody's samples take memory, too.
TEST_F(EngineTest, TooManyPointsAreTooManySamples) {
  const auto message = [&](const std::string& text, uint64_t max_samples) {
    const auto answer = run(text, {.max_samples = max_samples});
    return answer.ok() ? std::string("no error") : answer.error().message;
  };
  const std::string too_many =
      "query processing would load too many samples into memory in query "
      "execution (limit ";
  for (const char* text :
       {"sum_over_time(c[290y:1ms])", "sum_over_time(vector(1)[290y:1ms])",
        "sum_over_time(sum(c)[10d:1ms])", "max_over_time(max_over_time(c[1y:1s])[1y:1s])"}) {
    EXPECT_TRUE(message(text, base::kQuerySamplesMax).starts_with(too_many)) << text;
  }
  EXPECT_EQ(message("sum_over_time(c[1h:100ms])", base::kQuerySamplesMax), "no error");
  EXPECT_EQ(message("count(sum by (n) (c))", 200'000), "no error");
  EXPECT_TRUE(message("count(sum by (n) (c))", 40'000).starts_with(too_many));
  EXPECT_TRUE(message("count(count_values('v', c))", 100'000).starts_with(too_many));
  EXPECT_EQ(message("count(c or c)", 3 * 41'000), "no error");
  EXPECT_TRUE(message("count(c or c)", 40'000).starts_with(too_many));
  EXPECT_EQ(message("count(c + c)", 4 * 41'000), "no error");
  EXPECT_TRUE(message("count(c + c)", 100'000).starts_with(too_many));
}

// Labels of 16 MiB and more would not even fit the form in which they are kept.
TEST_F(EngineTest, LabelsMadeByAQueryAreLimited) {
  const std::string error = "the query makes a label value that exceeds the limit of 1048576 bytes";
  std::string text, sources;
  for (int i = 0; i < 300'000; ++i) text += "$1";
  for (int i = 0; i < 30'000; ++i) sources += ",'n'";
  const std::string longer =
      "label_replace(c{n='1'}, 'n', '" + std::string(1'000, 'x') + "', '', '')";
  EXPECT_TRUE(run("label_replace(c{n='123'}, 'l', '" + text + "', 'n', '1(.*)')", {}).ok());
  const std::string replaced = "label_replace(" + longer + ", 'l', '" + text + "', 'n', '(.*)')";
  EXPECT_EQ(run(replaced, {}).error().message, error);
  EXPECT_EQ(run("label_join(" + longer + ", 'l', ''" + sources + ")", {}).error().message, error);
}

TEST_F(EngineTest, AQueryStopsWhenItsTimeIsUp) {
  EngineOptions options;
  options.timeout_ms = 0;
  auto late = run("sum(c)", options);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().kind, ErrorKind::Timeout);
}

// A store at work for ever, until it is told to stop.
class EndlessStore : public storage::MemoryStore {
 public:
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment&,
                                                     std::stop_token stop) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, stop, [] { return false; });
    return base::canceled();
  }
};

TEST(EngineStops, ADeadlineAndAClientThatGoesReachTheStore) {
  EndlessStore store;
  base::WorkerPool workers(2);
  EngineOptions options;
  options.timeout_ms = 100;
  const Engine engine(store, workers, options);
  const QueryRequest request{.text = "m", .grid = model::TimeGrid::instant(0), .instant = true};
  const auto begin = std::chrono::steady_clock::now();
  const auto late = engine.run(request, {});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error(), (Error{ErrorKind::Timeout, "query timed out in expression evaluation"}));
  const auto explained = engine.explain(request, true, {});
  ASSERT_FALSE(explained.ok());
  EXPECT_EQ(explained.error(), late.error());
  std::stop_source client;
  std::jthread leaving([&client] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    client.request_stop();
  });
  const auto gone = engine.run(request, client.get_token());
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error(),
            (Error{ErrorKind::Canceled, "query was canceled in expression evaluation"}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

// In the middle of one series, whose windows overlap a hundred thousand times.
TEST_F(EngineTest, AQueryStopsWithinASeries) {
  EngineOptions options;
  options.features.experimental_functions = true;
  options.timeout_ms = 300;
  for (const char* text : {"max_over_time(ts_of_max_over_time(vector(1)[1d:1s])[1d:1s])",
                           "max_over_time(stddev_over_time(vector(1)[1d:1s])[1d:1s])",
                           "max_over_time(predict_linear(vector(1)[2d:1s] @ 1e6, 1)[1d:1s])"}) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = run(text, options);
    ASSERT_FALSE(answer.ok()) << text;
    EXPECT_EQ(answer.error().kind, ErrorKind::Timeout) << answer.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << text;
  }
}

TEST_F(EngineTest, AQueryStopsWhenItsClientIsGone) {
  std::stop_source gone;
  gone.request_stop();
  auto canceled = run("sum(c)", {}, 2, gone.get_token());
  ASSERT_FALSE(canceled.ok());
  EXPECT_EQ(canceled.error().kind, ErrorKind::Canceled);
}

TEST_F(EngineTest, WhoWaitsTooLongInTheQueueIsToldSo) {
  EngineOptions options;
  options.max_concurrency = 0;
  options.timeout_ms = 20;
  auto waited = run("sum(c)", options);
  ASSERT_FALSE(waited.ok());
  EXPECT_EQ(waited.error().kind, ErrorKind::Timeout);
  EXPECT_EQ(waited.error().message,
            "query timed out in query queue (--query.max-concurrency queries are running)");
}

// Where calculating with times would overflow.
TEST_F(EngineTest, TimesThatCannotBeCalculatedWithAreAnError) {
  const auto at = [&](int64_t time_ms, const std::string& text) {
    base::WorkerPool workers(1);
    Engine engine(store_, workers, {});
    QueryRequest request;
    request.text = text;
    request.grid = model::TimeGrid::instant(time_ms);
    request.instant = true;
    const auto answer = engine.run(request, {});
    return answer.ok() ? "" : answer.error().message;
  };
  const std::string beyond = "the query reaches beyond all times";
  EXPECT_EQ(at(model::kTimeMax, "c"), beyond);
  EXPECT_EQ(at(model::kTimeMin, "rate(c[1y])"), beyond);
  EXPECT_EQ(at(model::kTimeMin, "c[1y]"), beyond);
  EXPECT_EQ(at(0, "c @ -9223372036854775.807"), beyond);
  EXPECT_EQ(at(0, "c @ 9223372036854775 offset -292y"), beyond);
  EXPECT_EQ(at(model::kTimeMin, "sum_over_time(vector(1)[1y:1d])"), beyond);
  // The ends of what the HTTP API takes for all time.
  constexpr int64_t kRoomMs = 62'135'596'801'000;
  EXPECT_EQ(at(model::kTimeMax - kRoomMs, "max_over_time(c[292y]) + c offset -292y"), "");
  EXPECT_EQ(at(model::kTimeMin + kRoomMs, "max_over_time(c[292y]) + c offset 292y"), "");
  std::string nested = "c";
  for (int i = 0; i < 20; ++i) nested = "max_over_time(" + nested + "[292y:292y] offset 292y)";
  EXPECT_EQ(at(model::kTimeMin + kRoomMs, nested), beyond);
}

TEST_F(EngineTest, StringsAndRawSamplesHaveNoPlaceInARangeQuery) {
  auto refused = run("c[5m]", {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::BadData);
  EXPECT_EQ(refused.error().message,
            "invalid expression type \"range vector\" for range query, must be Scalar or instant "
            "Vector");
}

// How many samples the selectors see at each step, as Prometheus counts them.
TEST_F(EngineTest, SamplesAreCountedAtEachStep) {
  const std::pair<std::string, uint64_t> cases[] = {
      {"c{n='1'}", 1},
      {"c{n='1'} + c{n='1'}", 2},
      {"rate(c{n='1'}[5m])", 20},
      {"sum(rate(c{n=~'1|2'}[5m] @ 900))", 40},
      {"max_over_time(c{n='1'}[5m:1m])", 5},
      {"max_over_time(rate(c{n='1'}[5m])[5m:1m])", 5},
      {"predict_linear(c{n='1'}[1m] @ 900, 1)", 4},
      {"vector(1)", 0},
  };
  base::WorkerPool workers(2);
  Engine engine(store_, workers, {});
  for (const auto& [text, at_each] : cases) {
    QueryRequest request = range(text);
    request.count = SampleCount::Exact;
    auto answer = engine.run(request, {});
    ASSERT_TRUE(answer.ok()) << text;
    EXPECT_EQ(answer->statistics.samples_at_step, std::vector<uint64_t>(41, at_each)) << text;
    EXPECT_EQ(answer->statistics.samples_total, 41 * at_each) << text;
    request.count = SampleCount::None;
    EXPECT_TRUE(engine.run(request, {})->statistics.samples_at_step.empty());
  }
}

TEST_F(EngineTest, SamplesOfARawAnswerAreCounted) {
  for (const char* text : {"c{n=~'1|2'}[1m]", "c{n=~'1|2'}[4m:1m]"}) {
    QueryRequest request;
    request.text = text;
    request.instant = true;
    request.grid = model::TimeGrid::instant(900'000);
    request.count = SampleCount::Seen;
    base::WorkerPool workers(2);
    auto answer = Engine(store_, workers, {}).run(request, {});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->statistics.samples_at_step, std::vector<uint64_t>{8}) << text;
  }
}

TEST_F(EngineTest, ExplainAnalyzeCountsSeriesAndPoints) {
  base::WorkerPool workers(2);
  Engine engine(store_, workers, {});
  auto explained = engine.explain(range("count(c)"), true, {});
  ASSERT_TRUE(explained.ok());
  EXPECT_NE(explained->text.find("group count  series=1 points=41"), std::string::npos);
  EXPECT_NE(explained->text.find("last[300000ms]  series=1000 points=41000"), std::string::npos);
}

}  // namespace
}  // namespace gnomon::engine
