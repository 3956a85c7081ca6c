#pragma once

#include <cstddef>
#include <cstdint>

namespace gnomon::storage {

// out[i] = integers[i] as a double, divided by `power` (exactly: correctly rounded). With the wide
// instructions of the processor it runs on; the results are the same bits everywhere.
void to_doubles(const int64_t* integers, size_t count, double power, double* out);

}  // namespace gnomon::storage
