#include "src/base/version.h"

namespace gnomon::base {

std::string_view version() { return GNOMON_VERSION; }

}  // namespace gnomon::base
