#pragma once

#include <cstdint>

namespace gnomon::storage {

// What a record in the log of a database belongs to. The numbers are stored: never change one.
enum class Signal : uint8_t { Metrics = 1, Logs = 2, Traces = 3 };

}  // namespace gnomon::storage
