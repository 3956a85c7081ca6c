#include "src/wire/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "src/base/limits.h"
#include "src/base/text.h"
#include "tests/unit/wire/decoded.h"

namespace gnomon::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNow = 1'700'000'000'000;

struct Parsed {
  model::WriteBatch batch;
  WriteRefusals refusals;

  // "labels value@time" of every sample, in order.
  std::vector<std::string> samples() const {
    std::vector<std::string> out;
    for (const auto& row : batch.rows) {
      for (uint32_t i = row.sample_begin; i < row.sample_end; ++i) {
        out.push_back(to_string(batch.labels(row)) + " " +
                      base::format_float(batch.samples[i].value) + "@" +
                      std::to_string(batch.samples[i].time_ms));
      }
    }
    return out;
  }
};

Parsed parse(std::string_view text, ExpositionFormat format = ExpositionFormat::Text,
             size_t piece = 1 << 20) {
  Parsed out;
  ExpositionParser parser(format, kNow);
  for (size_t at = 0; at < text.size(); at += piece) {
    parser.feed(text.substr(at, piece), out.batch, out.refusals);
  }
  parser.finish(out.batch, out.refusals);
  return out;
}

Parsed parse_open_metrics(const std::string& text) {
  return parse(text + "# EOF\n", ExpositionFormat::OpenMetrics);
}

TEST(Exposition, TextFormat) {
  const Parsed p = parse(
      "# HELP http_requests_total All\\nrequests \\\\ \"here\".\n"
      "# TYPE http_requests_total counter\n"
      "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
      "http_requests_total{ method = \"get\" , code=\"200\", }\t3 -5\n"
      "\n"
      "# a remark\n"
      "#\n"
      "t{path=\"C:\\\\D\\\\F.TXT\",error=\"a\\n\\\"b\\\"\"} "
      "1.5e9\n"
      "  metric_without_timestamp_and_labels 12.47\r\n"
      "inf{} +Inf\n"
      "nan NaN");
  EXPECT_THAT(texts(p.refusals.samples), IsEmpty());
  EXPECT_THAT(
      p.samples(),
      ElementsAre(
          R"({__name__="http_requests_total", code="200", method="post"} 1027@1395066363000)",
          R"({__name__="http_requests_total", code="200", method="get"} 3@-5)",
          R"({__name__="t", error="a\n\"b\"", path="C:\\D\\F.TXT"} 1500000000@1700000000000)",
          R"({__name__="metric_without_timestamp_and_labels"} 12.47@1700000000000)",
          R"({__name__="inf"} +Inf@1700000000000)", R"({__name__="nan"} NaN@1700000000000)"));
  EXPECT_EQ(std::bit_cast<uint64_t>(p.batch.samples.back().value), model::kNormalNaNBits);
  ASSERT_EQ(p.batch.metadata.size(), 1u);
  EXPECT_EQ(p.batch.metadata[0].metric, "http_requests_total");
  EXPECT_EQ(p.batch.metadata[0].metadata,
            (model::Metadata{"counter", "All\nrequests \\ \"here\".", ""}));
}

TEST(Exposition, OpenMetricsFormat) {
  const Parsed p = parse_open_metrics(
      "# TYPE foo_seconds counter\n"
      "# UNIT foo_seconds seconds\n"
      "# HELP foo_seconds Help.\n"
      "foo_seconds_total{a=\"b\"} 17.0 1520879607.789 # {trace_id=\"x\"} 0.67 1520879600\n"
      "foo_seconds_created{a=\"b\"} 1520430000.123\n"
      "# TYPE bar unknown\n"
      "bar 1 -1.5 # {} 2\n");
  EXPECT_THAT(texts(p.refusals.samples), IsEmpty());
  EXPECT_THAT(p.samples(),
              ElementsAre(R"({__name__="foo_seconds_total", a="b"} 17@1520879607789)",
                          R"({__name__="foo_seconds_created", a="b"} 1520430000.123@1700000000000)",
                          R"({__name__="bar"} 1@-1500)"));
  ASSERT_EQ(p.batch.exemplars.size(), 2u);
  EXPECT_EQ(to_string(p.batch.exemplars[0].labels), R"({trace_id="x"})");
  EXPECT_EQ(p.batch.exemplars[0].value, 0.67);
  EXPECT_EQ(p.batch.exemplars[0].time_ms, 1'520'879'600'000);
  EXPECT_EQ(p.batch.exemplars[1].time_ms, -1'500);
  EXPECT_EQ(p.batch.rows[0].exemplar_end - p.batch.rows[0].exemplar_begin, 1u);
  EXPECT_EQ(p.batch.rows[1].exemplar_end - p.batch.rows[1].exemplar_begin, 0u);
  EXPECT_EQ(p.batch.rows[2].exemplar_begin, 1u);
  ASSERT_EQ(p.batch.metadata.size(), 2u);
  EXPECT_EQ(p.batch.metadata[0].metadata, (model::Metadata{"counter", "Help.", "seconds"}));
  EXPECT_EQ(p.batch.metadata[1].metadata, (model::Metadata{"unknown", "", ""}));
}

TEST(Exposition, NamesInQuotes) {
  const Parsed p = parse(
      "# HELP \"my.metric\" Text\n"
      "{\"my.metric\",a=\"b\"} 1\n"
      "{a=\"b\", \"my \\\"metric\\\"\", \"label.é\"=\"c\"} 2\n"
      "up{\"x.y\"=\"z\"} 3\n");
  EXPECT_THAT(texts(p.refusals.samples), IsEmpty());
  EXPECT_THAT(p.samples(),
              ElementsAre(R"({__name__="my.metric", a="b"} 1@1700000000000)",
                          R"({__name__="my \"metric\"", a="b", "label.é"="c"} 2@1700000000000)",
                          R"({__name__="up", "x.y"="z"} 3@1700000000000)"));
  EXPECT_EQ(p.batch.metadata[0].metric, "my.metric");
}

TEST(Exposition, LinesOfOneSeriesMakeOneRow) {
  const Parsed p = parse("up 1 1\nup 2 2\ndown 3 3\nup 4 4\n");
  EXPECT_EQ(p.batch.rows.size(), 3u);
  EXPECT_EQ(p.batch.samples.size(), 4u);
  EXPECT_EQ(p.samples().size(), 4u);
}

TEST(Exposition, BoundsOfHistogramsAndQuantilesHaveOneForm) {
  const Parsed p = parse(
      "# TYPE h histogram\n"
      "h_bucket{le=\"1\"} 1\n"
      "h_bucket{le=\"+Inf\"} 2\n"
      "h_bucket{le=\"x\"} 2\n"
      "other_bucket{le=\"1\"} 2\n"
      "# TYPE s summary\n"
      "s{quantile=\"0.50\"} 3\n"
      "s{le=\"1\"} 3\n");
  std::vector<std::string> values;
  for (const auto& row : p.batch.rows) {
    values.emplace_back(p.batch.labels(row).get("le"));
    values.back() += p.batch.labels(row).get("quantile");
  }
  EXPECT_THAT(values, ElementsAre("1.0", "+Inf", "x", "1", "0.5", "1"));
}

TEST(Exposition, BadLinesAreNamedAndGoodOnesKept) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1up 1", "expected a valid start token"},
      {"up", "expected value after metric"},
      {"up{a=\"b\"", "expected comma or closing brace"},
      {"up{a=\"b\" c=\"d\"} 1", "expected comma or closing brace"},
      {"up{a} 1", "expected equal"},
      {"up{a=b} 1", "expected label value"},
      {"up{a=\"b} 1", "expected label value"},
      {"up{\"x\"} 1", "metric name already set"},
      {"{a=\"b\"} 1", "metric name not set"},
      {"{\"a} 1", "unterminated quoted name"},
      {"up{,} 1", "expected label name"},
      {"up one", R"(strconv.ParseFloat: parsing "one": invalid syntax)"},
      {"up 0x1p3", R"(strconv.ParseFloat: parsing "0x1p3": invalid syntax)"},
      {"up 1_0", R"(strconv.ParseFloat: parsing "1_0": invalid syntax)"},
      {"up 1 1.5", R"(invalid timestamp "1.5")"},
      {"up 1 99999999999999999999", "invalid timestamp"},
      {"up 1 1 1", "expected next entry after timestamp"},
      {"up 1 1 # x", "expected labels of an exemplar"},
      {"up 1 1 # {a=\"b\"}", "expected value after exemplar labels"},
      {"up 1 1 # {\"b\"} 1", "expected equal"},
      {"up 1 1 # {a=\"b\"} x", R"(parsing "x")"},
      {"up 1 1 # {a=\"b\"} 1 x", R"(invalid exemplar timestamp "x")"},
      {"up 1 1 # {a=\"b\",a=\"b\"} 1", R"(duplicate label "a")"},
      {"up{a=\"1\",a=\"2\"} 1", R"(duplicate label "a")"},
      {"up{a=\"\xff\"} 1", R"(value of label "a" is not UTF-8)"},
      {"# TYPE up countess", R"(invalid metric type "countess")"},
      {"# HELP 1up x", "expected metric name after HELP"},
      {"# HELP up \xff", "text is not a valid utf8 string"},
  };
  for (const auto& [line, fault] : cases) {
    const Parsed p = parse("a 1 1\n" + line + "\nb 2 2\n");
    EXPECT_THAT(p.samples(), ElementsAre(R"({__name__="a"} 1@1)", R"({__name__="b"} 2@2)")) << line;
    EXPECT_EQ(p.refusals.samples.total(), 1u) << line;
    EXPECT_THAT(texts(p.refusals.samples), ElementsAre(HasSubstr("line 2: "))) << line;
    EXPECT_THAT(texts(p.refusals.samples), ElementsAre(HasSubstr(fault))) << line;
    EXPECT_THAT(p.batch.exemplars, IsEmpty());
  }
}

TEST(Exposition, OpenMetricsEndsWithEof) {
  const Parsed open = parse("up 1\n", ExpositionFormat::OpenMetrics);
  EXPECT_THAT(texts(open.refusals.samples), ElementsAre("data does not end with # EOF"));
  EXPECT_EQ(open.batch.samples.size(), 1u);
  const Parsed more = parse("# EOF\nup 1\n", ExpositionFormat::OpenMetrics);
  EXPECT_THAT(texts(more.refusals.samples), ElementsAre(HasSubstr("unexpected data after # EOF")));
  EXPECT_THAT(parse("# EOF\nup 1\n").samples(), testing::SizeIs(1));
  const Parsed bad = parse_open_metrics("up 1 NaN\nup 1 1e300\n");
  EXPECT_EQ(bad.refusals.samples.total(), 2u);
}

TEST(Exposition, AnyCutIntoPiecesGivesTheSame) {
  const std::string text =
      "# HELP a Text\n# TYPE a gauge\na{x=\"1\"} 1 1\na{x=\"1\"} 2 2\nbad line\nb 3 3\n\nc 4";
  const Parsed whole = parse(text);
  for (size_t piece = 1; piece < text.size(); ++piece) {
    const Parsed cut = parse(text, ExpositionFormat::Text, piece);
    EXPECT_EQ(cut.samples(), whole.samples()) << piece;
    EXPECT_EQ(texts(cut.refusals.samples), texts(whole.refusals.samples)) << piece;
    ASSERT_EQ(cut.batch.metadata.size(), 1u);
  }
}

TEST(Exposition, LongLinesAreRefusedAndTheRestIsRead) {
  const std::string text =
      "a 1 1\nb{x=\"" + std::string(base::kImportLineBytesMax, 'x') + "\"} 1\nc 2 2\n";
  for (const size_t piece : {size_t{1} << 16, text.size()}) {
    const Parsed p = parse(text, ExpositionFormat::Text, piece);
    EXPECT_THAT(p.samples(), ElementsAre(R"({__name__="a"} 1@1)", R"({__name__="c"} 2@2)"));
    EXPECT_THAT(texts(p.refusals.samples),
                ElementsAre("line 2 exceeds the limit of 4194304 bytes per line"));
  }
}

TEST(Exposition, DetectsTheFormat) {
  const auto text = ExpositionFormat::Text;
  const auto open = ExpositionFormat::OpenMetrics;
  EXPECT_EQ(detect_exposition("application/openmetrics-text; version=1.0.0", ""), open);
  EXPECT_EQ(detect_exposition("text/plain", "up 1\n"), text);
  EXPECT_EQ(detect_exposition("", "up 1\n# EOF\n"), open);
  EXPECT_EQ(detect_exposition("", "# EOF"), open);
  EXPECT_EQ(detect_exposition("", "x# EOF"), text);
  EXPECT_EQ(detect_exposition("", ""), text);
}

}  // namespace
}  // namespace gnomon::wire
