#pragma once

#include <string>

namespace gnomon::functions {

// double_exponential_smoothing refuses factors outside (0, 1) at any step where a series has a
// sample: the error's text, "" when both are fine. The kernel does not check.
std::string smoothing_error(double smoothing_factor, double trend_factor);

}  // namespace gnomon::functions
