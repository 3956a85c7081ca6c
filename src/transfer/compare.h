#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/engine/engine.h"

namespace gnomon::transfer {

using Answer = Result<engine::QueryAnswer>;

// How two answers to a query differ, in lines for people, at most `lines_max`; empty when they are
// the same: labels and their order, times, the bits of values, histograms, annotations, errors.
std::vector<std::string> differences(const Answer& from, const Answer& to, std::string_view query,
                                     size_t lines_max);

}  // namespace gnomon::transfer
