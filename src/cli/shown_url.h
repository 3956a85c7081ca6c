#pragma once

#include <string>
#include <string_view>

namespace gnomon::cli {

// A store's URL for logs and pages: every password in it is "xxxxx".
std::string shown_url(std::string_view url);

}  // namespace gnomon::cli
