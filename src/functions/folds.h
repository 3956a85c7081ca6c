#pragma once

#include <array>

#include "src/functions/kahan.h"
#include "src/functions/windows.h"

// Folding the samples of many overlapping windows, each strictly in its own order: four steps side
// by side, so that the processor never waits for the last addition. Same bits as one by one.
namespace gnomon::functions {

// The windows of some consecutive steps, as index ranges.
struct WindowBlock {
  static constexpr size_t kStepsMax = 64;

  size_t first_step = 0;
  size_t steps = 0;
  std::array<size_t, kStepsMax> begin;
  std::array<size_t, kStepsMax> end;
};

// Calls flush(block) for block after block until all steps went by.
template <typename Flush>
void for_each_block(std::span<const int64_t> times, const RollupContext& context, Flush flush) {
  WindowBlock block;
  for_each_float_window(times, context, [&](size_t step, size_t begin, size_t end) {
    block.begin[block.steps] = begin;
    block.end[block.steps] = end;
    if (++block.steps < WindowBlock::kStepsMax) return;
    flush(block);
    block.first_step = step + 1;
    block.steps = 0;
  });
  if (block.steps > 0) flush(block);
}

// Fold<T> has: add(const T& x) for each sample; lane(size_t) -> Fold<double> of Fold<Vec>.
template <template <typename> typename Fold>
GNOMON_INLINE Fold<double> fold_one(const double* values, size_t begin, size_t end,
                                    Fold<double> fold = {}) {
  for (size_t i = begin; i < end; ++i) fold.add(values[i]);
  return fold;
}

// Calls finish(index in block, fold) for each window that holds a sample.
template <template <typename> typename Fold, typename Finish>
GNOMON_INLINE void fold_block(const double* values, const WindowBlock& block, Finish finish) {
  size_t i = 0;
  for (; i + kLanes <= block.steps; i += kLanes) {
    const size_t* begin = block.begin.data() + i;
    const size_t* end = block.end.data() + i;
    size_t together = end[0] - begin[0];
    for (size_t j = 1; j < kLanes; ++j) together = std::min(together, end[j] - begin[j]);
    Fold<Vec> four;
    const double *a = values + begin[0], *b = values + begin[1], *c = values + begin[2],
                 *d = values + begin[3];
    for (size_t k = 0; k < together; ++k) four.add(Vec{a[k], b[k], c[k], d[k]});
    for (size_t j = 0; j < kLanes; ++j) {
      if (begin[j] == end[j]) continue;
      finish(i + j, fold_one<Fold>(values, begin[j] + together, end[j], four.lane(j)));
    }
  }
  for (; i < block.steps; ++i) {
    if (block.begin[i] == block.end[i]) continue;
    finish(i, fold_one<Fold>(values, block.begin[i], block.end[i]));
  }
}

}  // namespace gnomon::functions
