// A stop ends a running call at once, and its query in ClickHouse; other clients do not wait.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <future>
#include <thread>

#include "tests/unit/clickhouse/clickhouse_fixture.h"
#include "tests/unit/clickhouse/toy_signal.h"

namespace gnomon {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kAtOnce(200);
// The machine may be busy with something else.
constexpr int kAttempts = 4;

milliseconds since(Clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

class ClickHouseStops : public ClickHouseTest {
 protected:
  using Call = std::function<Result<void>(std::stop_token)>;

  void SetUp() override {
    ClickHouseTest::SetUp();
    if (IsSkipped()) return;
    Batch batch;
    batch.row({{"__name__", "m"}}, {{1000, 1}, {2000, 2}}).metadata("m", {"counter", "", ""});
    batch.exemplar({model::Labels::from({{"trace", "t"}}), 1, 1000});
    write(batch);
  }

  static std::string endless(const std::string& rows) {
    return rows +
           " WHERE (SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = "
           "1) = 0";
  }
  // Whatever reads the table takes for ever.
  void slow_down(const std::string& table) {
    database_->ask("RENAME TABLE {d}." + table + " TO {d}.kept_" + table);
    database_->ask("CREATE VIEW {d}." + table + " AS " +
                   endless("SELECT * FROM {d}.kept_" + table));
  }

  // How many queries about the database have been running for so long.
  int running(double seconds) {
    return std::stoi(database_->ask(
        "SELECT count() FROM system.processes WHERE position(query, '`{d}`') > 0 AND "
        "position(query, 'system.processes') = 0 AND elapsed >= " +
        std::to_string(seconds)));
  }
  void await(const std::function<bool()>& reached) {
    for (int i = 0; i < 2000 && !reached(); ++i) std::this_thread::sleep_for(milliseconds(2));
  }
  void await_work() {
    await([&] { return running(0.05) == 1; });
  }
  void await_end() {
    await([&] { return running(0) == 0; });
  }

  // Stops the call while ClickHouse is at work on it, and does `other` meanwhile.
  void expect_ends(const std::string& name, const Call& call, const Call& other) {
    milliseconds returned = milliseconds::max(), gone = milliseconds::max();
    for (int i = 0; i < kAttempts && std::max(returned, gone) >= kAtOnce; ++i) {
      std::stop_source source;
      auto result = std::async(std::launch::async, [&] { return call(source.get_token()); });
      await_work();
      const auto beside = std::async(std::launch::async, [&] { return other({}).ok(); });
      EXPECT_EQ(beside.wait_for(std::chrono::seconds(5)), std::future_status::ready) << name;
      EXPECT_EQ(result.wait_for(milliseconds(0)), std::future_status::timeout) << name;
      const auto begin = Clock::now();
      source.request_stop();
      const auto stopped = result.get();
      returned = since(begin);
      await_end();
      gone = since(begin);
      ASSERT_FALSE(stopped.ok()) << name;
      EXPECT_EQ(stopped.error().kind, ErrorKind::Canceled) << name << stopped.error().message;
    }
    EXPECT_LT(returned, kAtOnce) << name;
    EXPECT_LT(gone, kAtOnce) << name;
  }

  template <typename T>
  static Result<void> outcome(const Result<T>& result) {
    return result.ok() ? Result<void>() : Result<void>(result.error());
  }
  Result<void> write_sample() {
    const auto batch = Batch().row({{"__name__", "m"}}, {{++time_ms_, 1}});
    return outcome(store_->append(batch.get(), {}));
  }

  std::atomic<int64_t> time_ms_ = 3000;
};

TEST_F(ClickHouseStops, WhatIsAskedAboutSeries) {
  storage::Catalog& catalog = store_->catalog();
  const auto beside = [&](std::stop_token) { return write_sample(); };
  slow_down("series");
  const storage::CatalogQuery m{{{model::Matcher::equal("__name__", "m")}}};
  const auto regex = model::Matcher::create(model::MatchKind::Regex, "__name__", "m.*");
  const storage::CatalogQuery inexact{{{*regex}}};
  const std::pair<const char*, Call> calls[] = {
      {"series", [&](auto stop) { return outcome(catalog.series(m, stop)); }},
      {"label names", [&](auto stop) { return outcome(catalog.label_strings(m, "", stop)); }},
      {"label values", [&](auto stop) { return outcome(catalog.label_strings(m, "a", stop)); }},
      {"values of a regex",
       [&](auto stop) { return outcome(catalog.label_strings(inexact, "a", stop)); }},
      {"series of exemplars", [&](auto stop) { return outcome(catalog.exemplars(m, stop)); }},
      {"statistics", [&](auto stop) { return outcome(catalog.statistics(1, stop)); }},
      {"select", [&](auto stop) { return outcome(store_->select({m.matcher_sets[0]}, stop)); }},
      {"remove", [&](auto stop) { return store_->remove(m, stop); }},
  };
  for (const auto& [name, call] : calls) {
    // Only a removal keeps the others from writing.
    expect_ends(name, call,
                name == std::string("remove")
                    ? Call([&](auto stop) { return outcome(catalog.metadata("", stop)); })
                    : Call(beside));
  }
  EXPECT_TRUE(write_sample().ok());
}

TEST_F(ClickHouseStops, WhatIsReadOfSeries) {
  storage::Catalog& catalog = store_->catalog();
  const storage::CatalogQuery m{{{model::Matcher::equal("__name__", "m")}}};
  slow_down("exemplars");
  expect_ends(
      "exemplars", [&](auto stop) { return outcome(catalog.exemplars(m, stop)); },
      [&](auto) { return write_sample(); });
  // A view has no FINAL.
  database_->ask("INSERT INTO {d}.metadata (metric) SELECT toString(number) FROM numbers(2000000)");
  database_->ask("ALTER TABLE {d}.metadata DROP COLUMN unit");
  database_->ask(
      "ALTER TABLE {d}.metadata ADD COLUMN unit String ALIAS toString(arrayCount(x -> "
      "cityHash64(x, metric) = 1, range(20)))");
  expect_ends(
      "metadata", [&](auto stop) { return outcome(catalog.metadata("", stop)); },
      [&](auto) { return write_sample(); });
  slow_down("samples");
  const auto read = [&](storage::Fragment fragment) {
    return [&, fragment](std::stop_token stop) -> Result<void> {
      TRY(const auto selection, store_->select(fragment, {}));
      TRY(const auto cursor, selection->open(0, 1, stop));
      model::SampleBlock block;
      return outcome(cursor->next(block));
    };
  };
  const auto beside = [&](std::stop_token stop) { return outcome(catalog.series({}, stop)); };
  expect_ends("pages", read({m.matcher_sets[0], 0, 5000}), beside);
  expect_ends("a batch", read({m.matcher_sets[0]}), beside);
  expect_ends(
      "statistics", [&](auto stop) { return outcome(catalog.statistics(1, stop)); }, beside);
}

// Several cursors of one selection wait for the same samples.
TEST_F(ClickHouseStops, ACursorThatWaitsForAnother) {
  slow_down("samples");
  const auto selection = store_->select({{model::Matcher::equal("__name__", "m")}, 0, 5000}, {});
  ASSERT_TRUE(selection.ok());
  std::stop_source first, second;
  const auto read = [&](std::stop_token stop) {
    return std::async(std::launch::async, [&, stop] {
      model::SampleBlock block;
      return (*(*selection)->open(0, 1, stop))->next(block);
    });
  };
  auto one = read(first.get_token());
  await_work();
  auto other = read(second.get_token());
  std::this_thread::sleep_for(milliseconds(20));
  second.request_stop();
  ASSERT_EQ(other.wait_for(kAtOnce), std::future_status::ready);
  EXPECT_EQ(other.get().error().kind, ErrorKind::Canceled);
  EXPECT_EQ(one.wait_for(milliseconds(0)), std::future_status::timeout);
  first.request_stop();
  EXPECT_EQ(one.get().error().kind, ErrorKind::Canceled);
}

// ClickHouse cannot end a deletion that has begun: the call ends, and others write again.
TEST_F(ClickHouseStops, ARemoval) {
  database_->ask("SYSTEM STOP MERGES {d}.samples");
  std::stop_source source;
  auto removed =
      std::async(std::launch::async, [&] { return store_->remove({}, source.get_token()); });
  await_work();
  auto written = std::async(std::launch::async, [&] { return write_sample(); });
  EXPECT_EQ(written.wait_for(milliseconds(100)), std::future_status::timeout);
  const auto begin = Clock::now();
  source.request_stop();
  const auto stopped = removed.get();
  EXPECT_LT(since(begin), kAtOnce);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().kind, ErrorKind::Canceled);
  EXPECT_TRUE(written.get().ok());
  database_->ask("SYSTEM START MERGES {d}.samples");
  EXPECT_TRUE(store_->remove({}, {}).ok());
  EXPECT_EQ(text(), "");
}

TEST_F(ClickHouseStops, AStatementWhoseTimeIsOver) {
  clickhouse::HttpClient& client = database_->client();
  const clickhouse::Request asks{.sql = "SELECT getSetting('max_execution_time')"};
  EXPECT_EQ(*client.fetch(asks), "120\n");
  const clickhouse::Request slow{.sql = "CREATE TABLE `" + database_->name() +
                                        "`.t ENGINE = Memory AS " +
                                        endless("SELECT number FROM numbers(2)"),
                                 .timeout_ms = 1500};
  const auto begin = Clock::now();
  const auto done = client.fetch(slow);
  EXPECT_LT(since(begin), milliseconds(2500));
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Timeout) << done.error().message;
  await_end();
}

// Takes connections and never answers.
class SilentServer {
 public:
  SilentServer() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(listener_); }
  std::string rest() const { return "//127.0.0.1:" + std::to_string(port_) + "/none"; }

 private:
  int listener_;
  int port_ = 0;
};

class ClickHouseSilent : public testing::Test {
 protected:
  static std::future<Result<void>> run(const std::function<Result<void>()>& call) {
    return std::async(std::launch::async, call);
  }
  // The kind of what ended within 200 ms.
  static ErrorKind kind(std::future<Result<void>>& call) {
    EXPECT_EQ(call.wait_for(kAtOnce), std::future_status::ready);
    const auto result = call.get();
    EXPECT_FALSE(result.ok());
    return result.ok() ? ErrorKind::Internal : result.error().kind;
  }
  static bool waits(std::future<Result<void>>& call) {
    return call.wait_for(milliseconds(50)) == std::future_status::timeout;
  }

  SilentServer server_;
  std::unique_ptr<clickhouse::Database> database_ =
      clickhouse::Database::open(server_.rest()).value();
  ToySignal toy_{database_->client()};
};

TEST_F(ClickHouseSilent, EndsThePollOfOneWhoWaitsForAnother) {
  database_->poller().add(toy_);
  std::stop_source asks, waits_for_it;
  const auto poll = [&](const std::stop_source& source) {
    return run([&]() -> Result<void> {
      TRY_VOID(database_->poller().poll(toy_, source.get_token()));
      return {};
    });
  };
  auto first = poll(asks);
  ASSERT_TRUE(waits(first));
  auto second = poll(waits_for_it);
  ASSERT_TRUE(waits(second));
  waits_for_it.request_stop();
  EXPECT_EQ(kind(second), ErrorKind::Canceled);
  EXPECT_TRUE(waits(first));
  asks.request_stop();
  EXPECT_EQ(kind(first), ErrorKind::Canceled);
}

TEST_F(ClickHouseSilent, EndsAWriteWhoseClientIsGone) {
  std::stop_source sources[3];
  const auto write = [&](std::stop_source& source, const char* text) {
    return run([&, text] {
      ToyEntry entry(toy_, 1000, text, source.get_token());
      return database_->writer().write(entry);
    });
  };
  auto sent = write(sources[0], "a");
  ASSERT_TRUE(waits(sent));
  auto queued = write(sources[1], "b");
  auto also_queued = write(sources[2], "c");
  ASSERT_TRUE(waits(queued));
  sources[1].request_stop();
  EXPECT_EQ(kind(queued), ErrorKind::Canceled);
  EXPECT_TRUE(waits(sent));
  // What was sent may have arrived.
  sources[0].request_stop();
  EXPECT_EQ(kind(sent), ErrorKind::Unavailable);
  ASSERT_TRUE(waits(also_queued));  // now it is sent
  sources[2].request_stop();
  EXPECT_EQ(kind(also_queued), ErrorKind::Unavailable);
  EXPECT_EQ(toy_.group_sizes(), (std::vector<size_t>{1, 1}));
}

// One of the group still waits.
TEST_F(ClickHouseSilent, GoesOnWithAGroupThatOneHasLeft) {
  std::stop_source leaves, stays;
  std::future<Result<void>> one, other;
  const auto body = [&] {
    const auto write = [&](std::stop_source& source) {
      return run([&] {
        ToyEntry entry(toy_, 1000, "a", source.get_token());
        return database_->writer().write(entry);
      });
    };
    one = write(leaves);
    other = write(stays);
    std::this_thread::sleep_for(milliseconds(200));
    return Result<void>();
  };
  ASSERT_TRUE(database_->writer().exclusive(body, {}).ok());
  ASSERT_TRUE(waits(one) && waits(other));
  leaves.request_stop();
  EXPECT_TRUE(waits(one) && waits(other));
  stays.request_stop();
  EXPECT_EQ(kind(one), ErrorKind::Unavailable);
  EXPECT_EQ(kind(other), ErrorKind::Unavailable);
  EXPECT_EQ(toy_.group_sizes(), std::vector<size_t>{2});
}

}  // namespace
}  // namespace gnomon
