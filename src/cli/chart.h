#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gnomon::cli {

struct ChartPoint {
  int64_t time_ms = 0;
  double value = 0;
};

struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points;  // by time
};

struct ChartFrame {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 1;  // points further apart than this are not joined
  size_t columns = 80;  // of the whole chart, axis labels included
  size_t rows = 12;     // of the plot alone
  bool color = false;   // ANSI colours, one per series
};

// Lines in braille dots with a value axis, a time axis (UTC) and a legend with each series' last,
// least and greatest value. NaN and infinities leave gaps. Without a finite point: only the legend.
std::string render_chart(const std::vector<ChartSeries>& series, const ChartFrame& frame);

// A value in few characters for an axis: 0.25, 12.5k, 3.2M, 1e-07.
std::string short_number(double value);

}  // namespace gnomon::cli
