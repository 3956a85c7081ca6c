#pragma once

#include <span>

#include "http/router.h"

namespace gnomon::http {

// All endpoints, sorted by path.
std::span<const Route> routes();

}  // namespace gnomon::http
