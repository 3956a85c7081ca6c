#pragma once

#include <span>

#include "http/router.h"

namespace gnomon::prometheus {

// The endpoints of the Prometheus API and the server's own pages, sorted by path.
std::span<const http::Route> routes();

}  // namespace gnomon::prometheus
