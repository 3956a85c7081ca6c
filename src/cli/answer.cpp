#include "src/cli/answer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "src/base/text.h"
#include "src/cli/table.h"

namespace gnomon::cli {
namespace {

using Json = nlohmann::json;

constexpr size_t kLabelColumnsMax = 6;

Error unreadable(const ApiResponse& response) {
  return {ErrorKind::Internal, "the server answered with status " +
                                   std::to_string(response.status) + ": " +
                                   response.body.substr(0, 200)};
}

AnswerPoint read_point(const Json& pair) {
  AnswerPoint point;
  point.time_ms = std::llround(pair.at(0).get<double>() * 1000);
  const Json& value = pair.at(1);
  if (value.is_object()) {
    point.value = "count=" + value.at("count").get<std::string>() +
                  " sum=" + value.at("sum").get<std::string>();
  } else {
    point.value = value.get<std::string>();
  }
  return point;
}

AnswerSeries read_series(const Json& element) {
  AnswerSeries series;
  for (const auto& [name, value] : element.at("metric").items()) {
    series.labels.emplace_back(name, value.get<std::string>());
  }
  for (const char* key : {"value", "histogram"}) {
    if (element.contains(key)) series.points.push_back(read_point(element[key]));
  }
  for (const char* key : {"values", "histograms"}) {
    if (!element.contains(key)) continue;
    for (const Json& pair : element[key]) series.points.push_back(read_point(pair));
  }
  std::stable_sort(series.points.begin(), series.points.end(),
                   [](const auto& a, const auto& b) { return a.time_ms < b.time_ms; });
  return series;
}

// Throws what nlohmann throws when a member is missing or of another type.
Answer read_answer(const Json& document) {
  Answer answer;
  const Json& data = document.at("data");
  answer.type = data.at("resultType").get<std::string>();
  const Json& result = data.at("result");
  if (answer.type == "scalar" || answer.type == "string") {
    answer.series.emplace_back().points.push_back(read_point(result));
  } else {
    for (const Json& element : result) answer.series.push_back(read_series(element));
  }
  for (const char* key : {"warnings", "infos"}) {
    if (!document.contains(key)) continue;
    for (const Json& text : document[key]) answer.remarks.push_back(text.get<std::string>());
  }
  return answer;
}

std::set<std::string> label_names(const Answer& answer) {
  std::set<std::string> names;
  for (const AnswerSeries& series : answer.series) {
    for (const auto& label : series.labels) names.insert(label.first);
  }
  return names;
}

// The header's and the rows' leading cells: a column for each label, or one for all of them.
struct LabelColumns {
  std::vector<std::string> names;
  bool joined = false;

  explicit LabelColumns(const Answer& answer, size_t columns_max) {
    const std::set<std::string> all = label_names(answer);
    joined = all.size() > columns_max;
    if (joined) {
      names = {"series"};
    } else {
      names.assign(all.begin(), all.end());
    }
  }
  std::vector<std::string> cells(const AnswerSeries& series) const {
    if (joined) return {series_name(series)};
    std::vector<std::string> row(names.size());
    for (const auto& [name, value] : series.labels) {
      row[static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin())] = value;
    }
    return row;
  }
  std::vector<std::string> header() const {
    std::vector<std::string> titles = names;
    std::replace(titles.begin(), titles.end(), std::string("__name__"), std::string("metric"));
    return titles;
  }
};

}  // namespace

Result<Answer> parse_answer(const ApiResponse& response) {
  try {
    const Json document = Json::parse(response.body);
    if (document.at("status") == "error") {
      return Error{ErrorKind::Execution, document.at("error").get<std::string>()};
    }
    return read_answer(document);
  } catch (const Json::exception&) {
    return unreadable(response);
  }
}

std::string series_name(const AnswerSeries& series) {
  std::string name, labels;
  for (const auto& [label, value] : series.labels) {
    if (label == "__name__") {
      name = value;
      continue;
    }
    if (!labels.empty()) labels += ", ";
    labels += label + "=" + base::quote(value);
  }
  if (labels.empty() && !name.empty()) return name;
  return name + "{" + labels + "}";
}

std::string time_text(int64_t time_ms) {
  const int64_t millis = ((time_ms % 1000) + 1000) % 1000;
  const std::time_t seconds = static_cast<std::time_t>((time_ms - millis) / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (millis != 0) {
    length += static_cast<size_t>(std::snprintf(text.data() + length, text.size() - length, ".%03d",
                                                static_cast<int>(millis)));
  }
  return std::string(text.data(), length) + "Z";
}

std::string answer_table(const Answer& answer) {
  if (answer.type == "scalar" || answer.type == "string") {
    return answer.series.at(0).points.at(0).value + "\n";
  }
  const LabelColumns labels(answer, kLabelColumnsMax);
  std::vector<std::string> header = labels.header();
  std::vector<Align> align(header.size(), Align::Left);
  const bool raw = answer.type == "matrix";
  if (raw) {
    header.push_back("time");
    align.push_back(Align::Left);
  }
  header.push_back("value");
  align.push_back(Align::Right);
  std::vector<std::vector<std::string>> rows;
  for (const AnswerSeries& series : answer.series) {
    for (const AnswerPoint& point : series.points) {
      rows.push_back(labels.cells(series));
      if (raw) rows.back().push_back(time_text(point.time_ms));
      rows.back().push_back(point.value);
    }
  }
  return render_table(header, align, rows);
}

std::string answer_csv(const Answer& answer) {
  const LabelColumns labels(answer, std::string::npos);
  std::vector<std::string> header = {"time"};
  header.insert(header.end(), labels.names.begin(), labels.names.end());
  header.push_back("value");
  std::vector<std::vector<std::string>> rows;
  for (const AnswerSeries& series : answer.series) {
    for (const AnswerPoint& point : series.points) {
      std::vector<std::string> row = {time_text(point.time_ms)};
      for (std::string& cell : labels.cells(series)) row.push_back(std::move(cell));
      row.push_back(point.value);
      rows.push_back(std::move(row));
    }
  }
  return render_csv(header, rows);
}

}  // namespace gnomon::cli
