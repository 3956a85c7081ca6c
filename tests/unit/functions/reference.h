#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "src/model/sample.h"

namespace gnomon::functions {

// The slow, plain meaning of the rollups of floats: one window at a time, one sample at a time.
struct PlainWindow {
  int64_t start = 0;  // exclusive
  int64_t end = 0;
  std::vector<model::Sample> samples;
  double argument = 0;
  double second_argument = 0;
};

// nullopt: the window has no point. An unknown name fails the test.
std::optional<double> plain_rollup(std::string_view name, const PlainWindow& window);

}  // namespace gnomon::functions
