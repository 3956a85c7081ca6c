// Each kind of request has threads of its own: however many of one kind are stuck in the store,
// the others are answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "http/server.h"
#include "src/base/metrics.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/unit/http/client.h"
#include "tests/unit/http/one_tenant.h"

namespace gnomon::http {
namespace {

using testing::HasSubstr;

// Calls wait here while it is closed.
class Gate {
 public:
  void close() { set(false); }
  void open() { set(true); }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    --waiting_;
  }
  // False when there are not so many calls after ten seconds.
  bool wait_for_calls(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return waiting_ >= count; });
  }

 private:
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
};

// A store whose calls can be held up, by kind.
class GatedStore final : public storage::MetricStore, public storage::Catalog {
 public:
  const storage::Capabilities& capabilities() const override { return store_.capabilities(); }
  Result<model::WriteOutcome> append(const model::WriteBatch& batch,
                                     std::stop_token stop) override {
    writes.pass();
    return store_.append(batch, stop);
  }
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment& fragment,
                                                     std::stop_token stop) override {
    selects.pass();
    return store_.select(fragment, std::move(stop));
  }
  storage::Catalog& catalog() override { return *this; }
  Result<void> remove(const storage::CatalogQuery& what, std::stop_token stop) override {
    return store_.remove(what, stop);
  }

  Result<std::vector<model::Labels>> series(const storage::CatalogQuery& query,
                                            std::stop_token stop) override {
    labels.pass();
    return store_.catalog().series(query, stop);
  }
  Result<std::vector<std::string>> label_strings(const storage::CatalogQuery& query,
                                                 const std::string& label,
                                                 std::stop_token stop) override {
    labels.pass();
    return store_.catalog().label_strings(query, label, stop);
  }
  Result<std::vector<model::MetadataEntry>> metadata(const std::string& metric,
                                                     std::stop_token stop) override {
    return store_.catalog().metadata(metric, stop);
  }
  Result<std::vector<storage::ExemplarSeries>> exemplars(const storage::CatalogQuery& query,
                                                         std::stop_token stop) override {
    return store_.catalog().exemplars(query, stop);
  }
  Result<storage::Statistics> statistics(size_t top, std::stop_token stop) override {
    return store_.catalog().statistics(top, stop);
  }

  Gate writes, selects, labels;

 private:
  storage::MemoryStore store_;
};

constexpr int kSlow = 50;
const std::string kLabels = "GET /api/v1/labels HTTP/1.1\r\n\r\n";
const std::string kQuery = "GET /api/v1/query?query=a HTTP/1.1\r\n\r\n";
const std::string kWrite =
    "POST /api/v1/import/prometheus HTTP/1.1\r\nContent-Length: 4\r\n\r\na 1\n";

class LanesTest : public testing::Test {
 protected:
  LanesTest() {
    one_.server.metrics = &metrics_;
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    server_.emplace(one_.router, options);
    EXPECT_TRUE(server_->start().ok());
  }
  ~LanesTest() override {
    for (Gate* gate : {&store_.writes, &store_.selects, &store_.labels}) gate->open();
    for (Client& client : slow_) EXPECT_THAT(client.receive(), HasSubstr("HTTP/1.1 20"));
  }
  // Requests that wait for their answers until the end of the test.
  void send_slow(const std::string& request) {
    for (int i = 0; i < kSlow; ++i) slow_.emplace_back(server_->port()).send(request);
  }
  std::string answer(const std::string& request) {
    Client client(server_->port());
    client.send(request);
    return status_of(client.receive());
  }

  GatedStore store_;
  base::MetricsRegistry metrics_;
  OneTenant one_{store_};
  std::optional<Server> server_;
  std::deque<Client> slow_;
};

TEST_F(LanesTest, WritesAndQueriesDoNotWaitForLabelCalls) {
  store_.labels.close();
  send_slow(kLabels);
  ASSERT_TRUE(store_.labels.wait_for_calls(base::kHttpReadThreads));
  EXPECT_EQ(answer(kWrite), "204");
  EXPECT_EQ(answer(kQuery), "200");
}

TEST_F(LanesTest, TheServersOwnPagesWaitForNoOtherRequests) {
  store_.writes.close();
  store_.selects.close();
  send_slow(kWrite);
  send_slow(kQuery);
  ASSERT_TRUE(store_.writes.wait_for_calls(kSlow)) << "all of them may share one commit";
  ASSERT_TRUE(store_.selects.wait_for_calls(base::kQueryConcurrencyMax));
  EXPECT_EQ(answer("GET /metrics HTTP/1.1\r\n\r\n"), "200");
  EXPECT_EQ(answer("GET /-/healthy HTTP/1.1\r\n\r\n"), "200");
  EXPECT_EQ(answer(kLabels), "200");
}

}  // namespace
}  // namespace gnomon::http
