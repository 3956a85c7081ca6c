#include "src/cli/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>

#include "src/base/text.h"
#include "src/cli/table.h"

namespace gnomon::cli {
namespace {

constexpr size_t kLegendSeriesMax = 20;
constexpr std::array<const char*, 6> kColors = {"\x1b[36m", "\x1b[33m", "\x1b[32m",
                                                "\x1b[35m", "\x1b[34m", "\x1b[31m"};
constexpr const char* kColorEnd = "\x1b[0m";

std::string colored(std::string_view text, size_t series, bool color) {
  if (!color) return std::string(text);
  return kColors[series % kColors.size()] + std::string(text) + kColorEnd;
}

// A grid of cells of 2 x 4 braille dots.
class Canvas {
 public:
  Canvas(size_t columns, size_t rows) : columns_(columns), cells_(columns * rows) {}

  void dot(size_t x, size_t y, size_t series) {
    static constexpr uint8_t kBits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    Cell& cell = cells_[(y / 4) * columns_ + x / 2];
    cell.bits |= kBits[y % 4][x % 2];
    cell.series = series;
  }

  void line(double x0, double y0, double x1, double y1, size_t series) {
    const double steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1.0});
    for (double i = 0; i <= steps; i += 1) {
      dot(static_cast<size_t>(std::lround(x0 + (x1 - x0) * i / steps)),
          static_cast<size_t>(std::lround(y0 + (y1 - y0) * i / steps)), series);
    }
  }

  std::string row(size_t row, bool color) const {
    std::string out;
    for (size_t i = row * columns_; i < (row + 1) * columns_; ++i) {
      const Cell& cell = cells_[i];
      if (cell.bits == 0) {
        out.push_back(' ');
        continue;
      }
      // U+2800 and the dots' bits, as UTF-8.
      const char glyph[] = {'\xE2', static_cast<char>(0xA0 | cell.bits >> 6),
                            static_cast<char>(0x80 | (cell.bits & 0x3F)), '\0'};
      out += colored(glyph, cell.series, color);
    }
    return out;
  }

 private:
  struct Cell {
    uint8_t bits = 0;
    size_t series = 0;
  };
  size_t columns_;
  std::vector<Cell> cells_;
};

struct Scale {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool empty() const { return low > high; }
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Scale scale_of(const std::vector<ChartSeries>& series) {
  Scale scale;
  for (const ChartSeries& one : series) {
    for (const ChartPoint& point : one.points) {
      if (std::isfinite(point.value)) scale.include(point.value);
    }
  }
  if (!scale.empty() && scale.low == scale.high) {
    const double room = scale.low == 0 ? 1 : std::abs(scale.low) / 10;
    scale = {scale.low - room, scale.high + room};
  }
  return scale;
}

void draw(Canvas& canvas, const ChartSeries& series, size_t index, const ChartFrame& frame,
          const Scale& scale, size_t columns) {
  const double width = static_cast<double>(columns * 2 - 1);
  const double height = static_cast<double>(frame.rows * 4 - 1);
  const double span = std::max<double>(1, static_cast<double>(frame.end_ms - frame.start_ms));
  const ChartPoint* before = nullptr;
  double x_before = 0, y_before = 0;
  for (const ChartPoint& point : series.points) {
    if (!std::isfinite(point.value) || point.time_ms < frame.start_ms ||
        point.time_ms > frame.end_ms) {
      before = nullptr;
      continue;
    }
    const double x = static_cast<double>(point.time_ms - frame.start_ms) / span * width;
    const double y = (scale.high / 2 - point.value / 2) / (scale.high / 2 - scale.low / 2) * height;
    const bool joined = before != nullptr && point.time_ms - before->time_ms <= frame.step_ms;
    canvas.line(joined ? x_before : x, joined ? y_before : y, x, y, index);
    before = &point;
    x_before = x;
    y_before = y;
  }
}

std::string clock_text(int64_t time_ms, bool with_date) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), with_date ? "%m-%d %H:%M" : "%H:%M:%S", &utc);
  return text.data();
}

void append_plot(std::string& out, const std::vector<ChartSeries>& series, const ChartFrame& frame,
                 const Scale& scale) {
  const double middle = scale.low / 2 + scale.high / 2;
  const std::array<std::string, 3> labels = {short_number(scale.high), short_number(middle),
                                             short_number(scale.low)};
  size_t gutter = 0;
  for (const std::string& label : labels) gutter = std::max(gutter, label.size());
  const size_t columns = frame.columns > gutter + 12 ? frame.columns - gutter - 2 : 10;
  Canvas canvas(columns, frame.rows);
  for (size_t i = 0; i < series.size(); ++i) draw(canvas, series[i], i, frame, scale, columns);
  for (size_t row = 0; row < frame.rows; ++row) {
    std::string label;
    if (row == 0) label = labels[0];
    if (row == frame.rows / 2) label = labels[1];
    if (row + 1 == frame.rows) label = labels[2];
    out.append(gutter - label.size(), ' ').append(label);
    out.append(label.empty() ? " │" : " ┤").append(canvas.row(row, frame.color)).append("\n");
  }
  out.append(gutter + 1, ' ').append("└");
  for (size_t i = 0; i < columns; ++i) out.append("─");
  const bool with_date = frame.end_ms - frame.start_ms >= 86'400'000;
  const std::string left = clock_text(frame.start_ms, with_date);
  const std::string right = clock_text(frame.end_ms, with_date) + " UTC";
  out.append("\n").append(gutter + 2, ' ').append(left);
  const size_t used = left.size() + right.size();
  out.append(columns > used ? columns - used : 1, ' ').append(right).append("\n");
}

void append_legend(std::string& out, const std::vector<ChartSeries>& series, bool color) {
  const size_t shown = std::min(series.size(), kLegendSeriesMax);
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < shown; ++i) {
    Scale scale;
    for (const ChartPoint& point : series[i].points) {
      if (!std::isnan(point.value)) scale.include(point.value);
    }
    const bool none = series[i].points.empty();
    rows.push_back({series[i].name, none ? "-" : short_number(series[i].points.back().value),
                    scale.empty() ? "-" : short_number(scale.low),
                    scale.empty() ? "-" : short_number(scale.high)});
  }
  const std::string table =
      render_table({"series", "last", "min", "max"},
                   {Align::Left, Align::Right, Align::Right, Align::Right}, rows);
  size_t begin = 0;
  for (size_t line = 0; begin < table.size(); ++line) {
    const size_t end = table.find('\n', begin) + 1;
    out += line == 0 ? "  " : colored("━ ", line - 1, color);
    out += table.substr(begin, end - begin);
    begin = end;
  }
  if (series.size() > shown) {
    out += "  and " + std::to_string(series.size() - shown) + " more series\n";
  }
}

}  // namespace

std::string short_number(double value) {
  static constexpr std::pair<double, const char*> kUnits[] = {
      {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
  if (!std::isfinite(value)) return base::format_float_g(value);
  const double size = std::abs(value);
  std::array<char, 32> text{};
  if (size < 1e15) {
    for (const auto& [unit, suffix] : kUnits) {
      if (size < unit) continue;
      std::snprintf(text.data(), text.size(), "%.4g%s", value / unit, suffix);
      return text.data();
    }
  }
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string render_chart(const std::vector<ChartSeries>& series, const ChartFrame& frame) {
  std::string out;
  const Scale scale = scale_of(series);
  if (!scale.empty()) append_plot(out, series, frame, scale);
  append_legend(out, series, frame.color);
  return out;
}

}  // namespace gnomon::cli
