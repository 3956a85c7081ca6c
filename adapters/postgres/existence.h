#pragma once

#include <string_view>

namespace gnomon::postgres {

// False when the server says that there is no such schema. Asks it each time.
bool may_exist(std::string_view url);

}  // namespace gnomon::postgres
