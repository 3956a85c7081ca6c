#include "src/cli/answer.h"

#include <gtest/gtest.h>

namespace gnomon::cli {
namespace {

constexpr const char* kVector = R"({"status":"success","data":{"resultType":"vector","result":[
  {"metric":{"__name__":"up","job":"api"},"value":[1700000000.5,"1"]},
  {"metric":{"__name__":"up","instance":"b:1","job":"web"},"value":[1700000000.5,"NaN"]}]},
  "warnings":["careful"],"infos":["by the way"]})";

Answer parsed(const char* json) {
  auto answer = parse_answer({200, json});
  EXPECT_TRUE(answer.ok());
  return answer.ok() ? *answer : Answer{};
}

TEST(Answer, AVectorIsATableWithAColumnPerLabel) {
  EXPECT_EQ(answer_table(parsed(kVector)),
            "metric  instance  job  value\n"
            "up                api      1\n"
            "up      b:1       web    NaN\n");
  EXPECT_EQ(parsed(kVector).remarks, (std::vector<std::string>{"careful", "by the way"}));
}

TEST(Answer, ManyLabelsShareAColumn) {
  const Answer answer = parsed(R"({"status":"success","data":{"resultType":"vector","result":[
    {"metric":{"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6","g":"7"},"value":[1,"2"]}]}})");
  EXPECT_EQ(answer_table(answer),
            "series" + std::string(45, ' ') +
                "value\n"
                "{a=\"1\", b=\"2\", c=\"3\", d=\"4\", e=\"5\", f=\"6\", g=\"7\"}      2\n");
}

TEST(Answer, ScalarsAndStringsAreTheirValue) {
  EXPECT_EQ(answer_table(parsed(
                R"({"status":"success","data":{"resultType":"scalar","result":[1,"2.5"]}})")),
            "2.5\n");
  EXPECT_EQ(answer_table(
                parsed(R"({"status":"success","data":{"resultType":"string","result":[1,"hi"]}})")),
            "hi\n");
}

TEST(Answer, CsvHasARowPerPoint) {
  const Answer answer = parsed(R"({"status":"success","data":{"resultType":"matrix","result":[
    {"metric":{"job":"a,b"},"values":[[0,"1"],[0.25,"2"]],
     "histograms":[[0.1,{"count":"3","sum":"4"}]]}]}})");
  EXPECT_EQ(answer_csv(answer),
            "time,job,value\n"
            "1970-01-01T00:00:00Z,\"a,b\",1\n"
            "1970-01-01T00:00:00.100Z,\"a,b\",count=3 sum=4\n"
            "1970-01-01T00:00:00.250Z,\"a,b\",2\n");
}

TEST(Answer, ErrorsKeepTheServersText) {
  EXPECT_EQ(parse_answer({400, R"({"status":"error","errorType":"bad_data","error":"1:1: no"})"})
                .error()
                .message,
            "1:1: no");
  EXPECT_EQ(parse_answer({502, "<html>bad gateway"}).error().message,
            "the server answered with status 502: <html>bad gateway");
  EXPECT_EQ(parse_answer({200, R"({"status":"success"})"}).error().message,
            R"(the server answered with status 200: {"status":"success"})");
}

TEST(Answer, TimesBeforeTheEpochCarryTheirMilliseconds) {
  EXPECT_EQ(time_text(-250), "1969-12-31T23:59:59.750Z");
}

TEST(Form, EscapesAllButTheUnreserved) {
  EXPECT_EQ(encode_form({{"query", "a{b=\"c\"} + 1"}, {"t", "-_.~9"}}),
            "query=a%7Bb%3D%22c%22%7D%20%2B%201&t=-_.~9");
}

TEST(ServerUrl, MustBeHttp) {
  EXPECT_FALSE(connect_server("localhost:9090").ok());
  EXPECT_FALSE(connect_server("http://").ok());
  EXPECT_TRUE(connect_server("http://[::1]:9090/prefix/").ok());
}

}  // namespace
}  // namespace gnomon::cli
