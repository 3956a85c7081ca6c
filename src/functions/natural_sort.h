#pragma once

#include <compare>
#include <string_view>

namespace gnomon::functions {

// The order of sort_by_label, that of the Go package natsort: runs of ASCII digits compare as
// numbers, other runs byte by byte; what begins the other comes first. "a2" < "a10"; "1" and "01"
// are equivalent. A strict weak order.
std::weak_ordering natural_compare(std::string_view a, std::string_view b);

// Whether Prometheus puts different texts a before b, which is no order: of "1" and "01" each is
// before the other, of "" and anything neither, and numbers beyond 64 bits compare as text.
bool natural_before(std::string_view a, std::string_view b);

}  // namespace gnomon::functions
