// A cluster of two shards: Distributed tables over two servers.
#include <atomic>
#include <chrono>
#include <thread>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/schema.h"
#include "tests/servers/server.h"
#include "tests/unit/clickhouse/open_clickhouse.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr int kSeries = 60;

// A store in a database of its own on a cluster.
class Cluster {
 public:
  explicit Cluster(const std::string& url) : client_(options_of(url)) {}

  OpenClickHouse open(const std::string& parameters = "", int64_t retention_ms = 0) {
    const clickhouse::Options& options = client_.options();
    storage::StoreOptions store_options;
    store_options.background = false;
    store_options.retention_ms = retention_ms;
    auto store = OpenClickHouse::open("//" + options.host + ":" + std::to_string(options.port) +
                                          "/unit?cluster=" + options.cluster + parameters,
                                      store_options);
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store.ok() ? std::move(*store) : nullptr;
  }

  Result<std::string> try_ask(const std::string& sql,
                              std::vector<std::pair<std::string, std::string>> settings = {}) {
    return client_.fetch({.sql = sql, .settings = std::move(settings)});
  }
  void drop() {
    ask("DROP DATABASE IF EXISTS unit" + clickhouse::on_cluster(client_.options()) + " SYNC");
  }
  std::string ask(const std::string& sql) {
    const auto answer = try_ask(sql);
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return answer.ok() ? *answer : "";
  }

 private:
  static clickhouse::Options options_of(const std::string& url) {
    auto options = clickhouse::parse_options(url.substr(url.find(':') + 1));
    EXPECT_TRUE(options.ok()) << options.error().message;
    return *options;
  }

  clickhouse::HttpClient client_;
};

// A sample of each series at every time.
Batch samples_at(std::initializer_list<int64_t> times, const char* metric = "m",
                 int series = kSeries) {
  Batch batch;
  for (int i = 0; i < series; ++i) {
    std::vector<model::Sample> samples;
    for (const int64_t time : times) samples.push_back({time, double(i)});
    batch.row({{"__name__", metric}, {"i", std::to_string(i)}}, samples);
  }
  return batch;
}

size_t count_samples(storage::MetricStore& store) {
  size_t samples = 0;
  for (const auto& [labels, block] : read_all(store)) samples += block.size();
  return samples;
}

class ClickHouseCluster : public testing::Test {
 protected:
  void SetUp() override {
    const std::string url = servers::shared_url("clickhouse_cluster");
    if (url.empty()) GTEST_SKIP() << "GNOMON_TEST_CLICKHOUSE_CLUSTER=none";
    cluster_ = std::make_unique<Cluster>(url);
    store_ = cluster_->open();
  }
  void TearDown() override {
    store_ = nullptr;
    if (cluster_ != nullptr) cluster_->drop();
  }
  void write(const Batch& batch) {
    const auto outcome = store_->append(batch.get(), {});
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  }

  std::unique_ptr<Cluster> cluster_;
  OpenClickHouse store_;
};

TEST_F(ClickHouseCluster, KeepsAllOfASeriesOnOneShard) {
  for (int64_t time : {0, 1, 2}) write(samples_at({time * kDay}));
  Batch more;
  for (int i = 0; i < kSeries; ++i) {
    more.row({{"__name__", "m"}, {"i", std::to_string(i)}}, {}, {histogram(5 * kDay, 10)})
        .exemplar({model::Labels::from({{"trace", "t"}}), 1, 5 * kDay});
  }
  write(more);
  EXPECT_EQ(cluster_->ask("SELECT uniqExact(_shard_num) FROM unit.samples"), "2\n");
  std::string all;
  for (const std::string table : {"series", "samples", "histograms", "exemplars"}) {
    all += (all.empty() ? "" : " UNION ALL ") + ("SELECT id, _shard_num AS s FROM unit." + table);
  }
  EXPECT_EQ(cluster_->ask("SELECT count(), sum(rows), max(shards) FROM (SELECT count() AS rows, "
                          "uniqExact(s) AS shards FROM (" +
                          all + ") GROUP BY id)"),
            "60\t540\t1\n");
  EXPECT_EQ(cluster_->ask("SELECT count(), uniqExact(labels['i']) FROM unit.samples JOIN "
                          "(SELECT id, labels FROM unit.series LIMIT 1 BY id) AS series USING id "
                          "SETTINGS distributed_product_mode = 'local'"),
            "180\t60\n");
}

TEST_F(ClickHouseCluster, AcknowledgesWhatIsOnTheShards) {
  cluster_->ask("SYSTEM STOP DISTRIBUTED SENDS unit.samples");
  cluster_->ask("SYSTEM STOP DISTRIBUTED SENDS unit.series");
  write(samples_at({1000, 2000}));
  EXPECT_EQ(count_samples(*cluster_->open()), 2u * kSeries);
  EXPECT_EQ(cluster_->ask("SELECT sum(rows) FROM clusterAllReplicas(gnomon, system.parts) WHERE "
                          "active AND database = 'unit' AND table = 'samples_local'"),
            "120\n");
}

TEST_F(ClickHouseCluster, KeepsWhatItReadUntilSamplesAreWritten) {
  const auto pages = [&](const char* counter) {
    return store_->catalog().statistics(1, {})->counters.at(
        std::string("gnomon_store_chunk_cache_") + counter + "_total");
  };
  const auto read = [&] { return read_all(*store_, {}, kDay, kDay + 3'600'000).size(); };
  write(samples_at({kDay, kDay + 60'000}));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(read(), size_t{kSeries});
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(read(), size_t{kSeries});
  const double misses = pages("misses");
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(read(), size_t{kSeries});
  EXPECT_EQ(pages("misses"), misses);
  // All of one series, so on one shard, perhaps not the one that is asked.
  for (int i = 0; i < 5; ++i) {
    const auto other = cluster_->open();
    Batch batch;
    batch.row({{"__name__", "m"}, {"i", std::to_string(i)}}, {{kDay + 120'000, 7}});
    ASSERT_TRUE(other->append(batch.get(), {}).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    size_t sevens = 0;
    for (const auto& [labels, block] : read_all(*store_, {}, kDay, kDay + 3'600'000)) {
      if (block.times.back() == kDay + 120'000) ++sevens;
    }
    EXPECT_EQ(sevens, static_cast<size_t>(i + 1));
  }
}

TEST_F(ClickHouseCluster, ReadsHistogramsOfEveryName) {
  const std::string names[] = {"it's", "two\nlines", "a\tb\\c"};
  Batch batch;
  for (const std::string& name : names) {
    batch.row({{"__name__", name}}, {}, {histogram(1000, 10)});
  }
  write(batch);
  const auto other = cluster_->open();
  for (const std::string& name : names) {
    EXPECT_EQ(read_all(*other, {model::Matcher::equal("__name__", name)}).size(), 1u) << name;
  }
}

TEST_F(ClickHouseCluster, DropsAnInsertThatItHas) {
  const std::string sql =
      "INSERT INTO unit.samples (id, time, value) SELECT number, 1000, 1 FROM numbers(100)";
  for (const char* token : {"first", "first", "second", "first"}) {
    const auto done = cluster_->try_ask(sql, {{"async_insert", "0"},
                                              {"distributed_foreground_insert", "1"},
                                              {"insert_deduplication_token", token}});
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  EXPECT_EQ(cluster_->ask("SELECT count() FROM unit.samples"), "200\n");
}

TEST_F(ClickHouseCluster, RemovesFromEveryShard) {
  write(samples_at({1000, 2000}));
  write(samples_at({1000, 2000}, "other"));
  const storage::CatalogQuery some{{{model::Matcher::equal("__name__", "m")}}, 2000, 2000};
  ASSERT_TRUE(store_->remove(some, {}).ok());
  EXPECT_EQ(cluster_->ask("SELECT count() FROM unit.samples WHERE time > 1"), "60\n");
  EXPECT_EQ(count_samples(*store_), 3u * kSeries);
  ASSERT_TRUE(store_->remove({}, {}).ok());
  EXPECT_EQ(cluster_->ask("SELECT count() FROM unit.samples"), "0\n");
  EXPECT_EQ(cluster_->ask("SELECT count() FROM unit.series"), "0\n");
}

TEST_F(ClickHouseCluster, ForgetsWhatIsOldOnEveryShard) {
  cluster_->drop();
  store_ = cluster_->open("", 2 * kDay);
  write(samples_at({1000, 10 * kDay}));
  EXPECT_EQ(cluster_->ask("SELECT count(), uniqExact(_shard_num) FROM unit.samples"), "120\t2\n");
  ASSERT_TRUE(store_.database().maintain().ok());
  EXPECT_EQ(cluster_->ask("SELECT count(), min(time) > '1970-01-05' FROM unit.samples"), "60\t1\n");
  EXPECT_EQ(cluster_->ask("SELECT count(), toInt32(min(day)) FROM unit.series"), "60\t10\n");
}

// With a cluster of their own, of which the second shard goes and comes.
class ClickHouseShard : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (servers::shared_url("clickhouse_cluster").empty()) return;
    server_ = new servers::Server("clickhouse_cluster");
  }
  static void TearDownTestSuite() { delete server_; }
  void SetUp() override {
    if (server_ == nullptr) GTEST_SKIP() << "GNOMON_TEST_CLICKHOUSE_CLUSTER=none";
    ASSERT_FALSE(server_->url().empty());
    cluster_ = std::make_unique<Cluster>(server_->url());
  }
  void TearDown() override {
    if (cluster_ != nullptr) cluster_->drop();
  }

  static servers::Server* server_;
  std::unique_ptr<Cluster> cluster_;
};

servers::Server* ClickHouseShard::server_ = nullptr;

TEST_F(ClickHouseShard, LosesNoAcknowledgedSampleAndCountsNoneTwice) {
  const auto store = cluster_->open();
  cluster_->ask("SYSTEM STOP MERGES unit.samples_local");  // they would hide what is there twice
  std::atomic<bool> stop = false;
  std::atomic<int> acknowledged = 0;
  std::vector<std::thread> writers;
  for (const char* metric : {"a", "b"}) {
    writers.emplace_back([&, metric] {
      for (int64_t time = 1000; !stop; time += 1000) {
        const auto outcome = store->append(samples_at({time}, metric, 2000).get(), {});
        ASSERT_TRUE(outcome.ok()) << outcome.error().message;
        acknowledged += static_cast<int>(outcome->samples_stored);
      }
    });
  }
  const auto wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(150)); };
  for (int round = 0; round < 4; ++round) {
    wait();
    cluster_->ask("SHARD 2 KILL");
    wait();
    cluster_->ask("SHARD 2 START");
  }
  wait();
  stop = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(acknowledged, 4000);
  EXPECT_EQ(count_samples(*cluster_->open()), static_cast<size_t>(acknowledged));
  EXPECT_EQ(cluster_->ask("SELECT count() FROM unit.samples"), std::to_string(acknowledged) + "\n");
}

TEST_F(ClickHouseShard, IsMissedAndNeverLeftOut) {
  const auto store = cluster_->open("&insert_retry_seconds=1");
  ASSERT_TRUE(store->append(samples_at({1000}).get(), {}).ok());
  cluster_->ask("SHARD 2 KILL");
  // What ClickHouse says to others: the profile of this user leaves out what is away.
  auto others = *clickhouse::parse_options(server_->url().substr(server_->url().find(':') + 1));
  others.cluster = "";
  const auto partial =
      clickhouse::HttpClient(others).fetch({.sql = "SELECT count() < 60 FROM unit.samples"});
  ASSERT_TRUE(partial.ok()) << partial.error().message;
  EXPECT_EQ(*partial, "1\n");
  const auto outcome = store->append(samples_at({2000}).get(), {});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind, ErrorKind::Unavailable);
  EXPECT_NE(outcome.error().message.find("Connection refused (127.0.0.1:"), std::string::npos)
      << outcome.error().message;
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  const auto selection = store->select({{}, 0, 5000}, {});
  ASSERT_FALSE(selection.ok());
  EXPECT_EQ(selection.error().kind, ErrorKind::Unavailable) << selection.error().message;
  EXPECT_FALSE(store->remove({}, {}).ok());
  EXPECT_TRUE(cluster_->open());
  cluster_->ask("SHARD 2 START");
  ASSERT_TRUE(store->append(samples_at({2000}).get(), {}).ok());
  EXPECT_EQ(count_samples(*store), 2u * kSeries);
}

TEST_F(ClickHouseShard, MakesTheTablesOfANewShard) {
  auto store = cluster_->open();
  cluster_->ask("SHARD 2 DROP DATABASE unit SYNC");
  EXPECT_FALSE(cluster_->try_ask("SELECT count() FROM unit.samples").ok());
  store = cluster_->open();
  ASSERT_TRUE(store->append(samples_at({1000}).get(), {}).ok());
  EXPECT_EQ(count_samples(*store), size_t{kSeries});
}

}  // namespace
}  // namespace gnomon
