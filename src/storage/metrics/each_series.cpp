#include "src/storage/metrics/each_series.h"

namespace gnomon::storage {

Result<void> each_series(MetricStore& store, const Fragment& fragment, const std::stop_token& stop,
                         const VisitSeries& visit) {
  TRY(const auto selection, store.select(fragment, stop));
  const auto series = selection->series();
  if (series.empty()) return {};
  TRY(const auto cursor, selection->open(0, series.size(), stop));
  model::SampleBlock block;
  for (const model::Labels& labels : series) {
    TRY(const bool more, cursor->next(block));
    if (!more) return Error{ErrorKind::Internal, "the store left out series that it had listed"};
    if (!block.empty()) TRY_VOID(visit(labels, block));
  }
  return {};
}

}  // namespace gnomon::storage
