// Questions about series end when a query would: at --query.timeout, and when the client leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "http/message.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/unit/http/one_tenant.h"
#include "tests/unit/wire/proto_writer.h"

namespace gnomon::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Every call waits until it is stopped.
class StalledStore final : public storage::MetricStore, public storage::Catalog {
 public:
  const storage::Capabilities& capabilities() const override { return nothing_; }
  storage::Catalog& catalog() override { return *this; }
  Result<model::WriteOutcome> append(const model::WriteBatch&, std::stop_token stop) override {
    return wait(stop);
  }
  Result<std::unique_ptr<storage::Selection>> select(const storage::Fragment&,
                                                     std::stop_token stop) override {
    return wait(stop);
  }
  Result<void> remove(const storage::CatalogQuery&, std::stop_token stop) override {
    return wait(stop);
  }
  Result<std::vector<model::Labels>> series(const storage::CatalogQuery&,
                                            std::stop_token stop) override {
    return wait(stop);
  }
  Result<std::vector<std::string>> label_strings(const storage::CatalogQuery&, const std::string&,
                                                 std::stop_token stop) override {
    return wait(stop);
  }
  Result<std::vector<model::MetadataEntry>> metadata(const std::string&,
                                                     std::stop_token stop) override {
    return wait(stop);
  }
  Result<std::vector<storage::ExemplarSeries>> exemplars(const storage::CatalogQuery&,
                                                         std::stop_token stop) override {
    return wait(stop);
  }
  Result<storage::Statistics> statistics(size_t, std::stop_token stop) override {
    return wait(stop);
  }

 private:
  static Error wait(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, stop, 20s, [] { return false; }) || !stop.stop_requested()) {
      return {ErrorKind::Internal, "the call was not stopped"};
    }
    return base::canceled();
  }

  storage::Capabilities nothing_;
};

Request get(std::string target) {
  Request request;
  request.path = target.substr(0, target.find('?'));
  request.target = std::move(target);
  return request;
}

// A remote read of all series.
Request read_request() {
  wire::ProtoWriter matcher = wire::ProtoWriter().varint(1, 0).bytes(2, "a").bytes(3, "b");
  wire::ProtoWriter query = wire::ProtoWriter().varint(1, 1).varint(2, 2).message(3, matcher);
  const std::string message = wire::ProtoWriter().message(1, query).text();
  Request request = get("/api/v1/read");
  request.method = Method::Post;
  snappy::Compress(message.data(), message.size(), &request.body);
  return request;
}

const char* const kTargets[] = {
    "/api/v1/labels",   "/api/v1/label/job/values",        "/api/v1/series?match[]=a",
    "/api/v1/metadata", "/api/v1/query_exemplars?query=a", "/api/v1/status/tsdb"};

constexpr std::string_view kTimedOut = "query timed out in expression evaluation";

TEST(ReadDeadline, QuestionsAboutSeriesTimeOutAsQueriesDo) {
  StalledStore store;
  const OneTenant one(store, {.timeout_ms = 30});
  for (const char* target : kTargets) {
    Request request = get(target);
    const Response response = one.router.respond(request);
    EXPECT_EQ(response.status, 503) << target;
    EXPECT_EQ(response.body, R"({"status":"error","errorType":"timeout","error":")" +
                                 std::string(kTimedOut) + "\"}")
        << target;
  }
}

TEST(ReadDeadline, ReadersOfSamplesAreToldInPlainText) {
  StalledStore store;
  const OneTenant one(store, {.timeout_ms = 30});
  for (Request request : {get("/federate?match[]=a"), read_request()}) {
    const Response response = one.router.respond(request);
    EXPECT_EQ(response.status, 503) << request.path;
    EXPECT_EQ(response.body, std::string(kTimedOut) + "\n") << request.path;
  }
}

TEST(ReadDeadline, AClientThatLeftIsNoTimeout) {
  StalledStore store;
  const OneTenant one(store);
  for (const char* target : kTargets) {
    std::stop_source client;
    std::jthread leaving([&client] {
      std::this_thread::sleep_for(10ms);
      client.request_stop();
    });
    Request request = get(target);
    request.stop = client.get_token();
    const Response response = one.router.respond(request);
    EXPECT_EQ(response.status, 499) << target;
    EXPECT_THAT(response.body, HasSubstr(R"("errorType":"canceled")")) << target;
  }
}

}  // namespace
}  // namespace gnomon::http
