#include "src/functions/families.h"
#include "src/functions/histogram_ops.h"

namespace gnomon::functions {
namespace {

using model::Column;
using model::Histogram;

double avg_of(const Histogram& h) { return h.sum / h.count; }
double count_of(const Histogram& h) { return h.count; }
double stddev_of(const Histogram& h) { return histogram_stddev(h); }
double stdvar_of(const Histogram& h) { return histogram_stdvar(h); }
double sum_of(const Histogram& h) { return h.sum; }

// Histogram points become floats; floats vanish.
template <double (*kFunction)(const Histogram&)>
void map_histogram(const MapContext&, Column& column) {
  for (size_t i = 0; i < column.steps(); ++i) {
    column.values[i] = column.has_histogram(i) ? kFunction(*column.histograms[i]) : model::kStale;
  }
  column.histograms.clear();
}

constexpr Function kRows[] = {
    {.name = "histogram_avg",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_histogram<avg_of>,
     .histograms = HistogramUse::CountAndSum,
     .documentation = "Mean of the observations of a native histogram."},
    {.name = "histogram_count",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_histogram<count_of>,
     .histograms = HistogramUse::CountAndSum,
     .documentation = "Number of observations of a native histogram."},
    {.name = "histogram_stddev",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_histogram<stddev_of>,
     .documentation = "Estimated standard deviation of a native histogram's observations."},
    {.name = "histogram_stdvar",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_histogram<stdvar_of>,
     .documentation = "Estimated variance of a native histogram's observations."},
    {.name = "histogram_sum",
     .arguments = kInstantVector,
     .shape = Shape::Map,
     .map = map_histogram<sum_of>,
     .histograms = HistogramUse::CountAndSum,
     .documentation = "Sum of the observations of a native histogram."},
};

}  // namespace

std::span<const Function> histogram_family() { return kRows; }

}  // namespace gnomon::functions
