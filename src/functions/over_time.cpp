#include "src/functions/families.h"

namespace gnomon::functions {
namespace {

constexpr Function kRows[] = {
    {.name = "avg_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Mean of the samples in the range."},
    {.name = "count_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Number of samples in the range."},
    {.name = "first_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .keeps_name = true,
     .documentation = "The oldest sample in the range."},
    {.name = "last_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .keeps_name = true,
     .documentation = "The newest sample in the range."},
    {.name = "max_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Largest value in the range."},
    {.name = "min_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Smallest value in the range."},
    {.name = "present_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "1 where the range holds a sample."},
    {.name = "sum_over_time",
     .arguments = kRangeVector,
     .shape = Shape::Rollup,
     .documentation = "Sum of the samples in the range."},
    {.name = "ts_of_first_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .documentation = "Time of the oldest sample in the range, in seconds."},
    {.name = "ts_of_last_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .documentation = "Time of the newest sample in the range, in seconds."},
    {.name = "ts_of_max_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .documentation = "Time of the last occurrence of the largest value, in seconds."},
    {.name = "ts_of_min_over_time",
     .arguments = kRangeVector,
     .stability = Stability::Experimental,
     .shape = Shape::Rollup,
     .documentation = "Time of the last occurrence of the smallest value, in seconds."},
};

}  // namespace

std::span<const Function> over_time_family() { return kRows; }

}  // namespace gnomon::functions
