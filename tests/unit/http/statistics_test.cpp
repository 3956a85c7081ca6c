// stats= of query and query_range; goldens cannot show what contains times.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/message.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/unit/http/one_tenant.h"

namespace gnomon::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class StatisticsTest : public testing::Test {
 protected:
  StatisticsTest() {
    one_.server.now_ms = [] { return int64_t{1'000'000}; };
    Request import;
    import.method = Method::Post;
    import.target = import.path = "/api/v1/import/prometheus";
    import.body = "a 1 1000\na 2 2000\na 3 3500\n";
    EXPECT_EQ(one_.router.respond(import).status, 204);
  }

  std::string get(const std::string& path, const std::string& form) {
    Request request;
    request.path = path;
    request.target = path + '?' + form;
    Response response = one_.router.respond(request);
    std::string body = std::move(response.body);
    while (response.stream && response.stream->next(body)) {
    }
    return body;
  }

  storage::MemoryStore store_;
  OneTenant one_{store_};
};

TEST_F(StatisticsTest, AllShowsEveryStep) {
  std::string range = "query=count_over_time(a[2s])&start=1.5&end=3.5&step=1";
  EXPECT_THAT(get("/api/v1/query_range", range + "&stats=all"),
              AllOf(HasSubstr(R"("samples":{"totalQueryableSamplesPerStep":)"
                              R"([[1.500,1],[2.500,2],[3.500,2]],"totalQueryableSamples":5,)"),
                    Not(HasSubstr("warnings"))));
  EXPECT_THAT(get("/api/v1/query", "query=a&time=4&stats=all"),
              HasSubstr(R"("totalQueryableSamplesPerStep":[[4,1]],"totalQueryableSamples":1,)"));
}

TEST_F(StatisticsTest, OthersShowTheSum) {
  std::string range = "query=a&start=1&end=3&step=1";
  EXPECT_THAT(get("/api/v1/query_range", range + "&stats=true"),
              AllOf(HasSubstr(R"("samples":{"totalQueryableSamples":3,)"),
                    HasSubstr(R"("evalTotalTime":)"), Not(HasSubstr("warnings"))));
  EXPECT_THAT(get("/api/v1/query_range", range + "&stats=yes"),
              AllOf(HasSubstr(R"("samples":{"totalQueryableSamples":3,)"),
                    HasSubstr(R"("warnings":["value \"yes\" for parameter \"stats\" is)")));
  EXPECT_THAT(get("/api/v1/query_range", range + "&stats="), Not(HasSubstr("\"stats\"")));
}

}  // namespace
}  // namespace gnomon::http
