// A stop ends what runs in the database, and nothing else.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <thread>

#include "adapters/postgres/schema.h"
#include "tests/unit/postgres/postgres_fixture.h"
#include "tests/unit/postgres/relay.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int64_t kHour = 3'600'000;
constexpr auto kAtOnce = 200ms;

template <typename Condition>
bool within(std::chrono::milliseconds limit, Condition condition) {
  const auto until = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

// A transaction of another program that holds a lock.
class Locked {
 public:
  Locked(const PostgresSchema& schema, const std::string& statement)
      : connection_(postgres::Connection::open(servers::shared_url("postgres")).value()) {
    const auto locked =
        connection_->run("BEGIN; SET search_path = " + schema.name() + ";" + statement);
    EXPECT_TRUE(locked.ok()) << locked.error().message;
  }
  void release() { connection_->roll_back(); }

 private:
  std::unique_ptr<postgres::Connection> connection_;
};

class PostgresStop : public testing::Test {
 protected:
  void SetUp() override {
    store_ = schema_.open();
    append_every(*store_, "m", 0, kHour, 60'000);
    ASSERT_TRUE(store_->maintain(true).ok());
    store_.reset();
    store_ = schema_.open();  // nothing was read yet
  }

  // How many statements of the schema run in the server, what the session asks aside.
  int64_t running() {
    return schema_.number(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gnomon' AND state = "
        "'active' AND query LIKE '%{s}%' AND query NOT LIKE 'SELECT 0, %' AND pid <> "
        "pg_backend_pid()");
  }

  // Where the tests of other programs hold up the threads, one of several tries must be at once.
  template <typename Call>
  void expect_stopped(const Call& call) {
    bool at_once = false;
    for (int i = 0; i < 4 && !at_once && !HasFatalFailure(); ++i) stop_once(call, at_once);
    EXPECT_TRUE(at_once);
  }

  // Runs `call` until it waits in the database, stops it, and tells whether it ended at once, and
  // so did its statement; another client of the same connections goes on.
  template <typename Call>
  void stop_once(const Call& call, bool& at_once) {
    std::stop_source source;
    auto other = std::async(std::launch::async, [&]() -> Result<void> {
      TRY(const auto lease, store_->database.lease({}));
      TRY(const auto slept, lease->query("SELECT pg_sleep(0.5)"));
      return {};
    });
    auto called = std::async(std::launch::async, [&] { return call(source.get_token()); });
    struct StopAtTheEnd {  // before `called` waits for its thread
      std::stop_source& source;
      ~StopAtTheEnd() { source.request_stop(); }
    } const at_the_end{source};
    ASSERT_TRUE(within(10s, [&] { return running() > 0; }));
    ASSERT_EQ(called.wait_for(50ms), std::future_status::timeout);
    const auto stopped = Clock::now();
    source.request_stop();
    const auto error = called.get();
    at_once = Clock::now() - stopped < kAtOnce;
    at_once = within(kAtOnce, [&] { return running() == 0; }) && at_once;
    EXPECT_TRUE(within(10s, [&] { return running() == 0; }));
    EXPECT_EQ(error.kind, ErrorKind::Canceled) << error.message;
    const auto slept = other.get();
    EXPECT_TRUE(slept.ok()) << slept.error().message;
  }

  const PostgresSchema schema_;
  std::unique_ptr<OpenPostgres> store_;
};

const Error kNoError{ErrorKind::Internal, "it was not stopped"};

template <typename T>
Error error_of(const Result<T>& result) {
  return result.ok() ? kNoError : result.error();
}

TEST_F(PostgresStop, ACursorThatReadsChunks) {
  Locked lock(schema_, "LOCK TABLE chunk_0");
  const auto selection = store_->select({{}, 0, kHour}, {});
  ASSERT_TRUE(selection.ok());
  expect_stopped([&](const std::stop_token& stop) {
    const auto cursor = (*selection)->open(0, 1, stop);
    model::SampleBlock block;
    return error_of((*cursor)->next(block));
  });
  lock.release();
  EXPECT_EQ(read_all(*store_).front().second.size(), 61u);
}

TEST_F(PostgresStop, AQuestionAboutSeries) {
  Locked lock(schema_, "LOCK TABLE chunk_0");
  const storage::CatalogQuery query{{}, 0, kHour};
  expect_stopped(
      [&](const std::stop_token& stop) { return error_of(store_->catalog().series(query, stop)); });
  expect_stopped([&](const std::stop_token& stop) {
    return error_of(store_->catalog().label_strings(query, "__name__", stop));
  });
  lock.release();
  EXPECT_EQ(store_->catalog().series(query, {})->size(), 1u);
}

TEST_F(PostgresStop, ADeletion) {
  const std::string before = to_text(read_all(*store_));
  store_ = nullptr;
  store_ = schema_.open();
  Locked lock(schema_, "LOCK TABLE chunk_0");
  expect_stopped([&](const std::stop_token& stop) {
    return error_of(store_->remove({{}, 0, kHour / 2}, stop));
  });
  lock.release();
  EXPECT_EQ(to_text(read_all(*store_)), before);
  // One that waits for another server's upkeep, and one that waits for the one before it here.
  Locked upkeep(schema_, "SELECT pg_advisory_xact_lock(" +
                             std::to_string(postgres::lock_key(schema_.name(), "upkeep")) + ")");
  std::stop_source first;
  auto ahead = std::async(std::launch::async, [&] {
    return error_of(store_->remove({{}, 0, kHour / 2}, first.get_token()));
  });
  ASSERT_EQ(ahead.wait_for(100ms), std::future_status::timeout);
  std::stop_source second;
  auto behind = std::async(std::launch::async, [&] {
    return error_of(store_->remove({{}, 0, kHour / 2}, second.get_token()));
  });
  ASSERT_EQ(behind.wait_for(50ms), std::future_status::timeout);
  for (auto [source, call] : {std::pair{&second, &behind}, std::pair{&first, &ahead}}) {
    source->request_stop();
    EXPECT_EQ(call->wait_for(kAtOnce), std::future_status::ready);
    EXPECT_EQ(call->get().kind, ErrorKind::Canceled);
  }
  upkeep.release();
  EXPECT_TRUE(store_->remove({}, {}).ok());
  EXPECT_EQ(to_text(read_all(*store_)), "");
}

// The first commits, the second waits in the queue behind it.
TEST_F(PostgresStop, AWriteInTheQueueAndOneThatCommits) {
  Locked lock(schema_, "SELECT 1 FROM state FOR UPDATE");
  const auto write = [&](const char* name, std::stop_token stop) {
    Batch batch;
    batch.row({{"__name__", name}}, {{2 * kHour, 1}});
    return error_of(store_->append(batch.get(), std::move(stop)));
  };
  std::stop_source first;
  auto commits = std::async(std::launch::async, [&] { return write("m", first.get_token()); });
  ASSERT_TRUE(within(10s, [&] { return running() == 1; }));
  std::stop_source second;
  auto queued = std::async(std::launch::async, [&] { return write("m", second.get_token()); });
  ASSERT_EQ(queued.wait_for(50ms), std::future_status::timeout);
  second.request_stop();
  EXPECT_EQ(queued.wait_for(kAtOnce), std::future_status::ready);
  EXPECT_EQ(queued.get().kind, ErrorKind::Canceled);
  EXPECT_EQ(running(), 1);
  first.request_stop();
  EXPECT_EQ(commits.wait_for(kAtOnce), std::future_status::ready);
  EXPECT_EQ(commits.get().kind, ErrorKind::Canceled);
  EXPECT_TRUE(within(kAtOnce, [&] { return running() == 0; }));
  // New series take the other way through a commit.
  std::stop_source third;
  auto series = std::async(std::launch::async, [&] { return write("n", third.get_token()); });
  ASSERT_TRUE(within(10s, [&] { return running() == 1; }));
  third.request_stop();
  EXPECT_EQ(series.wait_for(kAtOnce), std::future_status::ready);
  EXPECT_EQ(series.get().kind, ErrorKind::Canceled);
  lock.release();
  EXPECT_EQ(read_all(*store_).size(), 1u);
  EXPECT_EQ(read_all(*store_).front().second.size(), 61u);
}

// As long as one of those who share a commit waits for it, it goes on.
TEST_F(PostgresStop, ACommitThatOthersWaitFor) {
  Locked lock(schema_, "SELECT 1 FROM state FOR UPDATE");
  const auto write = [&](int64_t time, std::stop_token stop) {
    Batch batch;
    batch.row({{"__name__", "m"}}, {{time, 1}});
    return store_->append(batch.get(), std::move(stop)).ok();
  };
  auto leader = std::async(std::launch::async, [&] { return write(3 * kHour, {}); });
  ASSERT_TRUE(within(10s, [&] { return running() == 1; }));
  std::stop_source source;
  auto one = std::async(std::launch::async, [&] { return write(4 * kHour, {}); });
  auto two = std::async(std::launch::async, [&] { return write(5 * kHour, source.get_token()); });
  ASSERT_EQ(two.wait_for(50ms), std::future_status::timeout);
  lock.release();
  ASSERT_TRUE(leader.get());
  source.request_stop();
  EXPECT_TRUE(one.get());
  const size_t stored = two.get() ? 64u : 63u;
  EXPECT_EQ(read_all(*store_).front().second.size(), stored);
}

TEST_F(PostgresStop, FollowingTheLog) {
  Locked lock(schema_, "LOCK TABLE log, state");
  expect_stopped(
      [&](const std::stop_token& stop) { return error_of(store_->database.follow(stop)); });
}

TEST(PostgresLease, ThatIsWaitedForEndsWithItsStop) {
  const auto address =
      postgres::Address::parse(servers::shared_url("postgres") + "?pool=3&application_name=lease");
  const auto pool = postgres::Pool::get(*address);
  std::vector<postgres::Pool::Lease> all;
  for (int i = 0; i < 3; ++i) all.push_back(pool->lease(postgres::Pool::For::Writing, {}).value());
  std::stop_source source;
  auto waits = std::async(std::launch::async, [&] {
    return error_of(pool->lease(postgres::Pool::For::Writing, source.get_token()));
  });
  ASSERT_EQ(waits.wait_for(50ms), std::future_status::timeout);
  source.request_stop();
  EXPECT_EQ(waits.wait_for(kAtOnce), std::future_status::ready);
  EXPECT_EQ(waits.get().kind, ErrorKind::Canceled);
  // Nothing is lost of the three.
  all.clear();
  for (int i = 0; i < 3; ++i) {
    all.push_back(
        pool->lease(postgres::Pool::For::Writing, std::stop_source().get_token()).value());
  }
  for (const auto& lease : all) EXPECT_TRUE(lease->query("SELECT 1").ok());
}

// However many reads are at work in the database, writes are committed.
TEST_F(PostgresStop, ReadersLeaveConnectionsToCommits) {
  Locked lock(schema_, "LOCK TABLE chunk_0");
  std::stop_source source;
  std::vector<std::future<Error>> readers;
  for (int i = 0; i < 20; ++i) {  // of 12 connections
    readers.push_back(std::async(std::launch::async, [&] {
      return error_of(store_->catalog().series({{}, 0, kHour}, source.get_token()));
    }));
  }
  ASSERT_TRUE(within(10s, [&] { return running() >= 10; }));
  const auto begin = Clock::now();
  append_every(*store_, "n", 3 * kHour, 3 * kHour, 1);
  EXPECT_LT(Clock::now() - begin, 5s);
  source.request_stop();
  for (auto& reader : readers) EXPECT_EQ(reader.get().kind, ErrorKind::Canceled);
  lock.release();
  EXPECT_EQ(read_all(*store_).size(), 2u);
}

// A connection that is not answered: the kernel of the other end accepts it, no program does.
TEST(PostgresLease, ThatConnectsEndsWithItsStop) {
  const int mute = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(mute, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  ASSERT_EQ(listen(mute, 4), 0);
  socklen_t size = sizeof(name);
  ASSERT_EQ(getsockname(mute, reinterpret_cast<sockaddr*>(&name), &size), 0);
  const auto address = postgres::Address::parse(
      "postgres://127.0.0.1:" + std::to_string(ntohs(name.sin_port)) + "/x?sslmode=disable");
  const auto pool = postgres::Pool::get(*address);
  std::stop_source source;
  auto waits = std::async(std::launch::async, [&] {
    return error_of(pool->lease(postgres::Pool::For::Writing, source.get_token()));
  });
  ASSERT_EQ(waits.wait_for(50ms), std::future_status::timeout);
  source.request_stop();
  EXPECT_EQ(waits.wait_for(kAtOnce), std::future_status::ready);
  EXPECT_EQ(waits.get().kind, ErrorKind::Canceled);
  close(mute);
}

// Neither the statement nor its cancel is answered.
TEST(PostgresAway, AServerThatVanishedHoldsUpNone) {
  const std::string url = servers::shared_url("postgres");
  const size_t colon = url.rfind(':');
  const size_t slash = url.find('/', colon);
  Relay relay(static_cast<uint16_t>(std::stoi(url.substr(colon + 1, slash - colon - 1))));
  const auto address = postgres::Address::parse(url.substr(0, colon + 1) +
                                                std::to_string(relay.port()) + url.substr(slash));
  const auto pool = postgres::Pool::get(*address);
  std::stop_source source;
  auto asks = std::async(std::launch::async, [&] {
    const auto lease = pool->lease(postgres::Pool::For::Writing, source.get_token());
    if (!lease.ok()) return lease.error();
    return error_of((*lease)->query("SELECT pg_sleep(1)"));
  });
  ASSERT_EQ(asks.wait_for(300ms), std::future_status::timeout);
  relay.freeze();
  const auto stopped = Clock::now();
  source.request_stop();
  EXPECT_EQ(asks.get().kind, ErrorKind::Canceled);
  EXPECT_LT(Clock::now() - stopped, kAtOnce);
}

TEST(PostgresAway, AWriteIsGivenUpWithItsStop) {
  servers::Server server("postgres");
  const PostgresSchema schema(server.url());
  const auto store = schema.open();
  append_every(*store, "m", 0, 1000, 1000);
  server.stop();
  std::stop_source source;
  auto write = std::async(std::launch::async, [&] {
    Batch batch;
    batch.row({{"__name__", "m"}}, {{2000, 1}});
    return error_of(store->append(batch.get(), source.get_token()));
  });
  ASSERT_EQ(write.wait_for(500ms), std::future_status::timeout);
  source.request_stop();
  EXPECT_EQ(write.wait_for(kAtOnce), std::future_status::ready);
  const Error error = write.get();
  EXPECT_EQ(error.kind, ErrorKind::Canceled) << error.message;
  server.start();
}

// A follower that reads a page of chunks to apply a late sample, and does not get it.
TEST(PostgresClosing, EndsWhatIsApplied) {
  const PostgresSchema schema;
  {
    const auto store = schema.open();
    append_every(*store, "m", 0, kHour, 60'000);
    ASSERT_TRUE(store->maintain(true).ok());
  }
  auto b = schema.open();  // the first that the session asks to follow
  const auto a = schema.open();
  Locked lock(schema, "LOCK TABLE chunk_0");
  auto late = std::async(std::launch::async, [&] {
    Batch batch;
    batch.row({{"__name__", "m"}}, {{60'000, 7}});
    return a->append(batch.get(), {});
  });
  ASSERT_TRUE(within(10s, [&] {
    return schema.number(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gnomon' AND "
               "wait_event_type = 'Lock' AND query LIKE '%{s}%'") == 2;
  }));
  const auto begun = Clock::now();
  b.reset();
  EXPECT_LT(Clock::now() - begun, 1s);
  lock.release();
  const auto outcome = late.get();
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(outcome->samples_stored, 0u);  // another value is sealed at that time
}

}  // namespace
}  // namespace gnomon
