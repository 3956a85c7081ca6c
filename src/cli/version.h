#pragma once

#include <string_view>

namespace gnomon::cli {

inline constexpr std::string_view kVersion = GNOMON_VERSION;  // "0.1.0", from CMakeLists.txt

}  // namespace gnomon::cli
