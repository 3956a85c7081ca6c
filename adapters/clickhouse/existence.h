#pragma once

#include <string_view>

namespace gnomon::clickhouse {

// False when the server says that there is no such database. Asks it each time.
bool may_exist(std::string_view rest);

}  // namespace gnomon::clickhouse
