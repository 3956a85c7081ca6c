#include "src/storage/metrics/reduction.h"

#include <algorithm>

#include "src/base/overloaded.h"
#include "src/storage/metrics/merge.h"

namespace gnomon::storage {
namespace {

std::string grid_text(const model::TimeGrid& grid) {
  if (grid.steps() == 1) return " at " + std::to_string(grid.start_ms);
  return " every " + std::to_string(grid.step_ms) + "ms from " + std::to_string(grid.start_ms);
}

// The first step at or after the time; steps() when there is none.
size_t step_of(const model::TimeGrid& grid, int64_t time_ms) {
  if (time_ms <= grid.start_ms) return 0;
  if (time_ms > grid.last()) return grid.steps();
  return static_cast<size_t>((time_ms - grid.start_ms - 1) / grid.step_ms) + 1;
}

// Both keep a sample when the next one of its kind lies in another cell.
void keep_last(const model::TimeGrid& grid, model::SampleBlock& block) {
  const size_t floats = block.times.size();
  filter_floats(block, [&](size_t i) {
    const size_t step = step_of(grid, block.times[i]);
    const bool last = i + 1 == floats || step_of(grid, block.times[i + 1]) != step;
    return last && step != grid.steps();
  });
  size_t kept = 0;
  for (size_t i = 0; i < block.histograms.size(); ++i) {
    const size_t step = step_of(grid, block.histograms[i].time_ms);
    if (step == grid.steps()) break;
    const bool last =
        i + 1 == block.histograms.size() || step_of(grid, block.histograms[i + 1].time_ms) != step;
    if (last) std::swap(block.histograms[kept++], block.histograms[i]);
  }
  block.histograms.resize(kept);
}

}  // namespace

std::string to_string(const Reduction& reduction) {
  return std::visit(
      base::overloaded{[](const std::monostate&) { return std::string(); },
                       [](const LastPerStep& last) { return " last" + grid_text(last.grid); },
                       [](const Windows& windows) {
                         return " windows[" + std::to_string(windows.window_ms) + "ms]" +
                                grid_text(windows.grid);
                       },
                       [](const Rollup& rollup) {
                         return " rollup " + rollup.function + "[" +
                                std::to_string(rollup.window_ms) + "ms]" + grid_text(rollup.grid);
                       }},
      reduction);
}

void reduce(const Reduction& reduction, model::SampleBlock& block) {
  if (const auto* last = std::get_if<LastPerStep>(&reduction)) return keep_last(last->grid, block);
  const auto* windows = std::get_if<Windows>(&reduction);
  if (windows == nullptr) return;
  filter_samples(block, [&](int64_t time_ms) {
    const size_t step = step_of(windows->grid, time_ms);
    return step < windows->grid.steps() && time_ms > windows->grid.at(step) - windows->window_ms;
  });
}

}  // namespace gnomon::storage
