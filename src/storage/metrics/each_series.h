#pragma once

#include <functional>
#include <stop_token>

#include "src/storage/metrics/metric_store.h"

namespace gnomon::storage {

// Calls visit for each series that has samples of the fragment, in the order of the selection; its
// first error ends it. What it is given is valid during the call.
using VisitSeries =
    std::function<Result<void>(const model::Labels& labels, const model::SampleBlock& block)>;
Result<void> each_series(MetricStore& store, const Fragment& fragment, const std::stop_token& stop,
                         const VisitSeries& visit);

}  // namespace gnomon::storage
