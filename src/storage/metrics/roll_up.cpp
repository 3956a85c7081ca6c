#include "src/storage/metrics/roll_up.h"

#include "src/functions/table.h"
#include "src/model/annotations.h"
#include "src/model/column.h"
#include "src/storage/metrics/merge.h"

namespace gnomon::storage {

void roll_up(const Rollup& rollup, model::SampleBlock& block) {
  std::erase_if(block.histograms, [](const auto& h) { return model::is_stale(h.histogram->sum); });
  filter_floats(block, [&](size_t i) { return !model::is_stale(block.values[i]); });
  model::Annotations annotations;
  functions::RollupContext context;
  context.grid = context.eval_grid = rollup.grid;
  context.range_ms = rollup.window_ms;
  context.annotations = &annotations;
  model::Column column;
  column.reset(rollup.grid.steps());
  functions::find_function(rollup.function)
      ->rollup({block.times, block.values, {}, block.histograms}, context, column);
  block.clear();
  for (size_t step = 0; step < column.steps(); ++step) {
    if (!column.has_float(step)) continue;
    block.times.push_back(rollup.grid.at(step));
    block.values.push_back(column.values[step]);
  }
}

}  // namespace gnomon::storage
