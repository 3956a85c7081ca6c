#pragma once

#include <span>

#include "http/router.h"

namespace gnomon::prometheus {

// The endpoints of the Prometheus API and what Prometheus serves beside it.
std::span<const http::RouteTable> routes();

}  // namespace gnomon::prometheus
