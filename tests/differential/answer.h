#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "src/engine/engine.h"
#include "tests/differential/query.h"

namespace gnomon::differential {

using Answer = Result<engine::QueryAnswer>;

// Everything a client may see, line by line and bit by bit: error, order, labels, times, values,
// warnings, infos.
std::string to_text(const Answer& answer, const std::string& query);

// The values at one time, by labels; empty when there are none or the answer is an error.
std::map<std::string, std::string> values_at(const Answer& answer, int64_t time_ms);

}  // namespace gnomon::differential
