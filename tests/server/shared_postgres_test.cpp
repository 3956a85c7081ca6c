// Two built servers on one Postgres under load: killed at random, the one that seals too, while the
// database restarts.

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "src/cli/answer.h"
#include "src/cli/api_client.h"
#include "tests/server/process.h"
#include "tests/servers/server.h"

namespace gnomon::server_test {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kBatch = 30;
constexpr auto kPause = 2ms;  // half an hour of samples each: a year of them would be slow to load

// A server that comes back after it was killed, and a client that writes series `name` to it: the
// value of minute i is i.
class Side {
 public:
  Side(const std::string& store, const std::string& name, const std::string& log)
      : store_(store), name_(name), log_(log) {
    serve();
  }
  void serve() {
    const std::vector<std::string> more = {"--self-scrape-interval", "0", "--retention", "0"};
    const std::lock_guard hold(mutex_);
    process_.reset();
    process_ = std::make_unique<ServerProcess>(store_, more, log_);
    ASSERT_FALSE(process_->url().empty()) << process_->log();
    url_ = process_->url();
  }
  void die() {
    const std::lock_guard hold(mutex_);
    process_->stop(SIGKILL);
  }
  void write_until(const std::atomic<bool>& stop) {
    while (!stop) {
      const auto client = cli::connect_server(url());
      if (!client.ok() || !write(**client)) std::this_thread::sleep_for(20ms);
      std::this_thread::sleep_for(kPause);
    }
  }
  bool write(cli::ApiClient& client) {
    std::vector<WrittenSample> samples;
    for (int64_t i = acknowledged_; i < acknowledged_ + kBatch; ++i) {
      samples.push_back({i * 60'000, static_cast<double>(i)});
    }
    const auto response =
        client.post("/api/v1/write", "application/x-protobuf", remote_write_body(name_, samples));
    if (!response.ok() || response->status != 204) return false;
    acknowledged_ += kBatch;
    return true;
  }
  std::string value(const std::string& query, int64_t time_s) {
    const auto client = cli::connect_server(url());
    if (!client.ok()) return "error: " + client.error().message;
    const auto response =
        (*client)->post("/api/v1/query", cli::kFormType,
                        cli::encode_form({{"query", query}, {"time", std::to_string(time_s)}}));
    if (!response.ok()) return "error: " + response.error().message;
    const auto answer = cli::parse_answer(*response);
    if (!answer.ok()) return "error: " + answer.error().message;
    return answer->series.empty() ? "" : answer->series.front().points.front().value;
  }
  std::string url() {
    const std::lock_guard hold(mutex_);
    return url_;
  }
  const std::string& name() const { return name_; }
  int64_t acknowledged() const { return acknowledged_; }

 private:
  const std::string store_;
  const std::string name_;
  const std::string log_;
  std::mutex mutex_;
  std::unique_ptr<ServerProcess> process_;
  std::string url_;
  std::atomic<int64_t> acknowledged_ = 0;
};

// Everything `writer` was told is there exactly once, asked of `reader`.
void expect_all(Side& reader, Side& writer) {
  const int64_t known = writer.acknowledged();
  const std::string range = "[" + std::to_string(known + 100) + "m]";
  const std::string count =
      reader.value("count_over_time(" + writer.name() + range + ")", (known + kBatch) * 60);
  // The request that was under way may have been kept, but nobody was told.
  EXPECT_TRUE(count == std::to_string(known) || count == std::to_string(known + kBatch))
      << count << " of " << known;
  EXPECT_EQ(reader.value("sum_over_time(" + writer.name() + range + ")", (known - 1) * 60),
            std::to_string(known * (known - 1) / 2));
}

TEST(SharedPostgres, KillsAndARestartLoseNothingAndDoubleNothing) {
  servers::Server database("postgres");
  ASSERT_FALSE(database.url().empty());
  const ScratchFolder folder;
  Side a(database.url(), "a", folder.file("a.log"));
  Side b(database.url(), "b", folder.file("b.log"));
  std::atomic<bool> stop = false;
  std::thread to_a([&] { a.write_until(stop); });
  std::thread to_b([&] { b.write_until(stop); });
  std::mt19937 random(20261120);
  for (int round = 0; round < 12; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 300));
    Side& victim = random() % 2 == 0 ? a : b;
    victim.die();
    if (round % 5 == 4) {
      database.stop();
      database.start();
    }
    victim.serve();
  }
  std::this_thread::sleep_for(300ms);
  stop = true;
  to_a.join();
  to_b.join();
  EXPECT_GT(a.acknowledged(), 100);
  EXPECT_GT(b.acknowledged(), 100);
  std::this_thread::sleep_for(1s);  // so long it may take until one sees what the other wrote
  for (Side* reader : {&a, &b}) {
    expect_all(*reader, a);
    expect_all(*reader, b);
  }
}

}  // namespace
}  // namespace gnomon::server_test
