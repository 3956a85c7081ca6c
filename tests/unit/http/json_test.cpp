#include "http/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "http/prometheus/envelope.h"
#include "http/route.h"
#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::http {
namespace {

using model::Labels;
using prometheus::append_json_time;
using prometheus::error_response;
using prometheus::success_response;
using prometheus::value_response;

std::string whole(Response response) {
  while (response.stream && response.stream->next(response.body)) {
  }
  return response.body;
}

// What stands between "result": and the end of data.
std::string result_of(model::Value value) {
  std::string body = whole(value_response(std::move(value), "", {}));
  size_t begin = body.find("\"result\":") + 9;
  return body.substr(begin, body.size() - begin - 2);
}

std::string text(std::string_view raw) {
  std::string out;
  append_json_text(out, raw);
  return out;
}

std::string label(std::string_view raw) {
  std::string out;
  append_json_label(out, raw);
  return out;
}

std::string value(double v) {
  char buffer[32];
  return std::string(buffer, write_value(buffer, v));
}

std::string reference(double v) {
  char buffer[40];
  return std::string(buffer, base::write_json_float(buffer, v));
}

TEST(Json, TextsAreEscapedAsByGo) {
  EXPECT_EQ(text("plain"), R"("plain")");
  EXPECT_EQ(text("a\"b\\c\n\r\t\x01\x1f"), R"("a\"b\\c\n\r\t\u0001\u001f")");
  EXPECT_EQ(text("<a>&'\x7f"), "\"\\u003ca\\u003e\\u0026'\x7f\"");
  EXPECT_EQ(text("\xc3\xa9 \xf0\x9f\x98\x80"), "\"\xc3\xa9 \xf0\x9f\x98\x80\"");
  EXPECT_EQ(text("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa7"), "\"\\u2028\\u2029\xe2\x80\xa7\"");
  EXPECT_EQ(text("a\xff\xc3z\xe2\x80"), "\"a\\ufffd\\ufffdz\\ufffd\\ufffd\"");
}

TEST(Json, LabelsAreEscapedNoMoreThanNeeded) {
  EXPECT_EQ(label("<a>&\xe2\x80\xa8\xff"), "\"<a>&\xe2\x80\xa8\xff\"");
  EXPECT_EQ(label("\"\\\n\x01"), R"("\"\\\n\u0001")");
  std::string out;
  append_json_labels(out, Labels::from({{"b", "2"}, {"__name__", "up"}}).view());
  append_json_labels(out, Labels().view());
  EXPECT_EQ(out, R"({"__name__":"up","b":"2"}{})");
}

TEST(Json, TimesHaveThreeDecimalsOrNone) {
  const std::pair<int64_t, std::string> cases[] = {
      {0, "0"},
      {1, "0.001"},
      {50, "0.050"},
      {1000, "1"},
      {-1, "-0.001"},
      {-1500, "-1.500"},
      {1435781451781, "1435781451.781"},
      {std::numeric_limits<int64_t>::min(), "-9223372036854775.808"},
      {std::numeric_limits<int64_t>::max(), "9223372036854775.807"},
  };
  for (const auto& [ms, expected] : cases) {
    std::string out;
    append_json_time(out, ms);
    EXPECT_EQ(out, expected);
  }
}

TEST(Json, KnownValues) {
  const std::pair<double, std::string> cases[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-17, "-17"},
      {0.1, "0.1"},
      {-0.5, "-0.5"},
      {1e-6, "0.000001"},
      {9.5e-7, "9.5e-07"},
      {1e21, "1e+21"},
      {1e20, "100000000000000000000"},
      {0.0001, "0.0001"},
      {123456.789, "123456.789"},
      {1.0 / 3, "0.3333333333333333"},
      {999999999999999, "999999999999999"},
      {1e15, "1000000000000000"},
      {INFINITY, "+Inf"},
      {-INFINITY, "-Inf"},
      {NAN, "NaN"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
  };
  for (const auto& [v, expected] : cases) EXPECT_EQ(value(v), expected);
}

TEST(Json, FastValuesEqualThePlainOnes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    uint64_t bits = random();
    double integer = static_cast<double>(static_cast<int64_t>(bits >> bits % 64));
    for (double v : {std::bit_cast<double>(bits), integer, integer / std::pow(10, bits % 9),
                     std::ldexp(1 + static_cast<double>(bits >> 12) * 0x1p-52,
                                static_cast<int>(bits % 120) - 60)}) {
      ASSERT_EQ(value(v), reference(v));
      ASSERT_EQ(value(-v), reference(-v));
    }
  }
}

TEST(Json, EveryErrorHasItsStatus) {
  using base::ErrorKind;
  const std::pair<ErrorKind, int> cases[] = {
      {ErrorKind::BadData, 400},  {ErrorKind::Execution, 422},    {ErrorKind::Canceled, 499},
      {ErrorKind::Timeout, 503},  {ErrorKind::Internal, 500},     {ErrorKind::Unavailable, 500},
      {ErrorKind::NotFound, 404}, {ErrorKind::NotAcceptable, 406}};
  for (const auto& [kind, status] : cases) EXPECT_EQ(http_status(kind), status);
  Response response = error_response({ErrorKind::Execution, "a \"b\""});
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.body, R"({"status":"error","errorType":"execution","error":"a \"b\""})");
}

TEST(Json, RemarksFollowTheData) {
  EXPECT_EQ(success_response("[]").body, R"({"status":"success","data":[]})");
  EXPECT_EQ(success_response("1", {{"w<", "v"}, {"i"}}).body,
            R"({"status":"success","data":1,"warnings":["w\u003c","v"],"infos":["i"]})");
  EXPECT_EQ(whole(value_response(model::Vector{}, "{}", {{"w"}, {}})),
            R"({"status":"success","data":{"resultType":"vector","result":[],"stats":{}},)"
            R"("warnings":["w"]})");
}

TEST(Json, WriterPutsTheCommas) {
  JsonWriter json;
  json.begin_object().key("a").begin_array().integer(1).number(0.5).null().end_array();
  json.key("b").begin_object().end_object().key("c").texts({"x", "y"}).key("d").boolean(true);
  json.key("e").begin_array().begin_object().end_object().begin_array().end_array().end_array();
  EXPECT_EQ(json.end_object().take(),
            R"({"a":[1,0.5,null],"b":{},"c":["x","y"],"d":true,"e":[{},[]]})");
}

model::HistogramPtr histogram() {
  model::Histogram h;
  h.count = 10;
  h.sum = 18.4;
  h.zero_threshold = 0.001;
  h.zero_count = 2;
  h.positive_spans = {{0, 2}, {1, 1}};
  h.positive_buckets = {1, 2, 3};
  h.negative_spans = {{0, 1}};
  h.negative_buckets = {2};
  return std::make_shared<const model::Histogram>(h);
}
constexpr std::string_view kHistogram =
    R"({"count":"10","sum":"18.4","buckets":[[1,"-1","-0.5","2"],[3,"-0.001","0.001","2"],)"
    R"([0,"0.5","1","1"],[0,"1","2","2"],[0,"4","8","3"]]})";

TEST(Json, Histograms) {
  std::string out;
  append_json_histogram(out, *histogram());
  EXPECT_EQ(out, kHistogram);
  out.clear();
  append_json_histogram(out, model::Histogram());
  EXPECT_EQ(out, R"({"count":"0","sum":"0"})");
}

TEST(Json, ScalarsAndStrings) {
  EXPECT_EQ(result_of(model::Scalar{1500, 1.5e-7}), R"([1.500,"0.00000015"])");
  EXPECT_EQ(result_of(model::String{0, "<x>"}), R"([0,"\u003cx\u003e"])");
}

TEST(Json, VectorsOfFloatsAndHistograms) {
  model::Vector vector;
  vector.push_back({Labels::from({{"a", "1"}}), 1000, 2.5, nullptr});
  vector.push_back({Labels(), 1000, 0, histogram()});
  EXPECT_EQ(result_of(vector), R"([{"metric":{"a":"1"},"value":[1,"2.5"]},{"metric":{},)"
                               R"("histogram":[1,)" +
                                   std::string(kHistogram) + "]}]");
}

TEST(Json, GridsLeaveOutAbsentPoints) {
  model::GridMatrix matrix;
  matrix.grid = {1000, 3500, 500};
  auto& floats = matrix.series.emplace_back();
  floats.labels = Labels::from({{"a", "1"}});
  floats.column.values = {model::kStale, 1, 2, model::kStale, model::kStale, 3};
  auto& both = matrix.series.emplace_back();
  both.column.reset(6);
  both.column.values[5] = 7;
  both.column.set_histogram(1, histogram());
  auto& only = matrix.series.emplace_back();
  only.column.reset(6);
  only.column.set_histogram(0, histogram());
  std::string h(kHistogram);
  EXPECT_EQ(result_of(std::move(matrix)),
            R"([{"metric":{"a":"1"},"values":[[1.500,"1"],[2,"2"],[3.500,"3"]]},)"
            R"({"metric":{},"values":[[3.500,"7"]],"histograms":[[1.500,)" +
                h + "]]}," + R"({"metric":{},"histograms":[[1,)" + h + "]]}]");
}

TEST(Json, RawSamples) {
  model::RawMatrix matrix(1);
  matrix[0].labels = Labels::from({{"a", "1"}});
  matrix[0].samples.times = {1, 2000};
  matrix[0].samples.values = {1, NAN};
  matrix[0].samples.histograms = {{3000, histogram(), 0}};
  EXPECT_EQ(result_of(std::move(matrix)),
            R"([{"metric":{"a":"1"},"values":[[0.001,"1"],[2,"NaN"]],"histograms":[[3,)" +
                std::string(kHistogram) + "]]}]");
  EXPECT_EQ(result_of(model::RawMatrix()), "[]");
}

// Built the plain way, point by point.
std::string plain_matrix(const model::GridMatrix& matrix) {
  std::string out = "[";
  for (const auto& series : matrix.series) {
    if (out.size() > 1) out += ',';
    out += "{\"metric\":";
    append_json_labels(out, series.labels.view());
    std::string points;
    for (size_t step = 0; step < matrix.grid.steps(); ++step) {
      if (!series.column.has_float(step)) continue;
      points += points.empty() ? "[" : ",[";
      append_json_time(points, matrix.grid.at(step));
      points += ",\"" + reference(series.column.values[step]) + "\"]";
    }
    if (!points.empty()) out += ",\"values\":[" + points + ']';
    out += '}';
  }
  return out + ']';
}

TEST(Json, LargeAnswersComeInPiecesAndLoseNothing) {
  std::mt19937_64 random(2);
  model::GridMatrix matrix;
  matrix.grid = {-5'000, 5'000 * 1'000, 5'000};
  for (int i = 0; i < 100; ++i) {
    auto& series = matrix.series.emplace_back();
    series.labels = Labels::from({{"i", std::to_string(i)}});
    for (size_t step = 0; step < matrix.grid.steps(); ++step) {
      bool absent = i == 7 || random() % 4 == 0;
      series.column.values.push_back(
          absent ? model::kStale : static_cast<double>(random() % 100'000) / (i % 3 + 1));
    }
  }
  std::string expected = plain_matrix(matrix);
  Response response = value_response(matrix, "", {});
  std::string piece, body;
  bool more = true;
  size_t pieces = 0;
  while (more) {
    piece.clear();
    more = response.stream->next(piece);
    EXPECT_LT(piece.size(), base::kHttpPieceBytes + 8'192);
    body += piece;
    ++pieces;
  }
  EXPECT_GT(pieces, 10u);
  EXPECT_EQ(body,
            R"({"status":"success","data":{"resultType":"matrix","result":)" + expected + "}}");
}

}  // namespace
}  // namespace gnomon::http
