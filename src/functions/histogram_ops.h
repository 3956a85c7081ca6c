#pragma once

#include "src/model/histogram.h"

// Arithmetic on native histograms, as Prometheus' FloatHistogram does it. Pure; any thread.
namespace gnomon::functions {

// Estimated population variance of the observations: each bucket stands at the geometric mean of
// its bounds (arithmetic for custom bounds, 0 for a bucket that holds 0).
double histogram_stdvar(const model::Histogram& histogram);
double histogram_stddev(const model::Histogram& histogram);

}  // namespace gnomon::functions
