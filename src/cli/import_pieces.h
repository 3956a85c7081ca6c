#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <string>

#include "src/base/result.h"

namespace gnomon::cli {

struct ImportFormat {
  bool open_metrics = false;
  size_t piece_bytes = 4u << 20;  // pieces are a little larger than this
};

// Cuts text exposition into requests: between lines, each piece beginning with the # TYPE, # HELP
// and # UNIT lines of the family it goes on with; OpenMetrics pieces end in "# EOF". Calls `send`
// with each piece and the bytes of the input consumed so far; an error of `send` ends the work.
Result<void> send_in_pieces(
    std::istream& input, const ImportFormat& format,
    const std::function<Result<void>(std::string piece, uint64_t consumed)>& send);

// Whether a file ends in "# EOF", which only OpenMetrics does. Leaves the stream at its beginning.
bool ends_as_open_metrics(std::istream& file);

}  // namespace gnomon::cli
