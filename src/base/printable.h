#pragma once

namespace gnomon::base {

// Go's strconv.IsPrint.
bool printable(char32_t c);

}  // namespace gnomon::base
