#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/result.h"
#include "src/cli/api_client.h"

namespace gnomon::cli {

// A query's answer as the HTTP API gives it, values kept as text.
struct AnswerPoint {
  int64_t time_ms = 0;
  std::string value;  // a histogram: "count=10 sum=18.4"
};

struct AnswerSeries {
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by name
  std::vector<AnswerPoint> points;
};

struct Answer {
  std::string type;                  // vector matrix scalar string
  std::vector<AnswerSeries> series;  // scalar and string: one series without labels
  std::vector<std::string> remarks;  // warnings, then infos
};

// The text of "data" members is checked; an API error becomes an Error with its text.
Result<Answer> parse_answer(const ApiResponse& response);

// up{job="api"}
std::string series_name(const AnswerSeries& series);

// "2026-01-02T03:04:05Z", with milliseconds where there are any.
std::string time_text(int64_t time_ms);

// An instant answer as a table: one column per label name, or the series' name when those are many.
std::string answer_table(const Answer& answer);
// One row per point: time, labels, value.
std::string answer_csv(const Answer& answer);

}  // namespace gnomon::cli
