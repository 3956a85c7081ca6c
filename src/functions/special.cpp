#include "src/functions/families.h"

namespace gnomon::functions {
namespace {

using enum ValueType;

constexpr ValueType kStringArgs[] = {InstantVector, String};
constexpr ValueType kQuantile[] = {Scalar, InstantVector};
constexpr ValueType kQuantiles[] = {InstantVector, String, Scalar, Scalar};
constexpr ValueType kFraction[] = {Scalar, Scalar, InstantVector};
constexpr ValueType kInfo[] = {InstantVector, InstantVector};
constexpr ValueType kJoin[] = {InstantVector, String, String, String};
constexpr ValueType kReplace[] = {InstantVector, String, String, String, String};

// Functions of whole vectors, of labels, or of the query itself: each has a node of the plan.
constexpr Function kRows[] = {
    {.name = "absent",
     .arguments = kInstantVector,
     .documentation = "1 where the vector is empty, with the labels its selector pins down."},
    {.name = "absent_over_time",
     .arguments = kRangeVector,
     .documentation = "1 where no series has a sample in the range."},
    {.name = "end",
     .returns = Scalar,
     .stability = Stability::Experimental,
     .time_dependent = true,
     .documentation = "End of the query, in seconds since the epoch."},
    {.name = "histogram_fraction",
     .arguments = kFraction,
     .histograms = HistogramUse::Buckets,
     .documentation = "Estimated share of observations between two values."},
    {.name = "histogram_quantile",
     .arguments = kQuantile,
     .histograms = HistogramUse::Buckets,
     .documentation = "Estimated quantile of a classic or native histogram."},
    {.name = "histogram_quantiles",
     .arguments = kQuantiles,
     .variadic = 9,
     .stability = Stability::Experimental,
     .histograms = HistogramUse::Buckets,
     .documentation = "Several quantiles of each histogram, told apart by a label."},
    {.name = "info",
     .arguments = kInfo,
     .variadic = 1,
     .stability = Stability::Experimental,
     .keeps_name = true,
     .documentation = "Adds the data labels of matching info series."},
    {.name = "label_join",
     .arguments = kJoin,
     .variadic = -1,
     .keeps_name = true,
     .documentation = "Joins label values with a separator into a label."},
    {.name = "label_replace",
     .arguments = kReplace,
     .keeps_name = true,
     .documentation = "Sets a label from a template where a regular expression matches another."},
    {.name = "range",
     .returns = Scalar,
     .stability = Stability::Experimental,
     .time_dependent = true,
     .documentation = "Time from start to end of the query, in seconds."},
    {.name = "scalar",
     .returns = Scalar,
     .arguments = kInstantVector,
     .documentation = "The value of the only float sample, NaN unless there is just one."},
    {.name = "sort",
     .arguments = kInstantVector,
     .keeps_name = true,
     .documentation = "Smallest value first; instant queries only."},
    {.name = "sort_by_label",
     .arguments = kStringArgs,
     .variadic = -1,
     .stability = Stability::Experimental,
     .keeps_name = true,
     .documentation = "Natural ascending order of the given labels; instant queries only."},
    {.name = "sort_by_label_desc",
     .arguments = kStringArgs,
     .variadic = -1,
     .stability = Stability::Experimental,
     .keeps_name = true,
     .documentation = "Natural descending order of the given labels; instant queries only."},
    {.name = "sort_desc",
     .arguments = kInstantVector,
     .keeps_name = true,
     .documentation = "Largest value first; instant queries only."},
    {.name = "start",
     .returns = Scalar,
     .stability = Stability::Experimental,
     .time_dependent = true,
     .documentation = "Start of the query, in seconds since the epoch."},
    {.name = "start_timestamp",
     .arguments = kInstantVector,
     .stability = Stability::Experimental,
     .documentation = "Start timestamp of each selected sample, in seconds since the epoch."},
    {.name = "step",
     .returns = Scalar,
     .stability = Stability::Experimental,
     .time_dependent = true,
     .documentation = "Distance of the query's steps in seconds, 0 for an instant query."},
    {.name = "time",
     .returns = Scalar,
     .time_dependent = true,
     .documentation = "Evaluation time, in seconds since the epoch."},
    {.name = "timestamp",
     .arguments = kInstantVector,
     .time_dependent = true,
     .documentation = "Time of each sample, in seconds since the epoch."},
    {.name = "vector",
     .arguments = kScalar,
     .documentation = "A vector of one element without labels."},
};

}  // namespace

std::span<const Function> special_family() { return kRows; }

}  // namespace gnomon::functions
