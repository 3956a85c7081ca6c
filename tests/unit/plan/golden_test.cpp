// testdata/plan/*.txt: a query, "----", and its plan. GNOMON_UPDATE=1 rewrites the plans.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "src/plan/optimize.h"
#include "src/promql/parser.h"
#include "src/promql/resolve.h"
#include "src/promql/to_plan.h"

namespace gnomon::plan {
namespace {

constexpr TimeGrid kRange{600'000, 1'200'000, 60'000};
constexpr promql::PlanOptions kOptions{300'000, 60'000};

promql::Features all_features() {
  promql::Features features;
  features.experimental_functions = true;
  features.extended_range_selectors = true;
  features.binop_fill_modifiers = true;
  return features;
}

// push_down.txt is planned for a store that computes something, all others for one that does not.
storage::Capabilities capabilities(const std::string& file) {
  if (!file.ends_with("push_down.txt")) return {};
  return {.last_per_step = true, .windows = true, .rollups = {"rate", "max_over_time"}};
}

std::string plan_text(const std::string& query, const TimeGrid& grid, bool instant,
                      const storage::Capabilities& store) {
  auto expr = promql::parse(query, all_features());
  if (!expr.ok()) return "error: " + expr.error().message + "\n";
  auto resolved = promql::resolve(**expr, grid, instant);
  if (!resolved.ok()) return "error: " + resolved.error().message + "\n";
  auto plan = promql::to_plan(**expr, grid, kOptions);
  if (!plan.ok()) return "error: " + plan.error().message + "\n";
  return to_string(optimize(std::move(*plan), store));
}

// "instant QUERY" at 600 s, or "range QUERY" from 600 s to 1200 s every minute.
std::string answer(const std::string& line, const storage::Capabilities& store) {
  if (line.starts_with("instant ")) {
    return plan_text(line.substr(8), TimeGrid::instant(kRange.start_ms), true, store);
  }
  return plan_text(line.substr(6), kRange, false, store);
}

class PlanGolden : public testing::TestWithParam<std::string> {};

TEST_P(PlanGolden, Text) {
  std::ifstream in(GetParam());
  std::stringstream actual, expected;
  std::string line;
  bool in_plan = false;
  while (std::getline(in, line)) {
    expected << line << '\n';
    if (line.empty()) in_plan = false;
    if (!in_plan) actual << line << '\n';
    if (line.starts_with("instant ") || line.starts_with("range ")) {
      actual << "----\n" << answer(line, capabilities(GetParam()));
      in_plan = true;
    }
  }
  in.close();
  if (std::getenv("GNOMON_UPDATE")) std::ofstream(GetParam()) << actual.str();
  EXPECT_EQ(actual.str(), expected.str());
}

std::vector<std::string> golden_files() {
  std::vector<std::string> files;
  std::filesystem::path folder = std::filesystem::path(GNOMON_SOURCE_DIR) / "testdata/plan";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path().string());
  }
  return files;
}

std::string file_name(const testing::TestParamInfo<std::string>& info) {
  return std::filesystem::path(info.param).stem().string();
}

INSTANTIATE_TEST_SUITE_P(Files, PlanGolden, testing::ValuesIn(golden_files()), file_name);

}  // namespace
}  // namespace gnomon::plan
