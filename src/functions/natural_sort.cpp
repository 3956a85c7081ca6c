#include "src/functions/natural_sort.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace gnomon::functions {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Cuts the first run of digits, or of anything else, off a text.
std::string_view take_run(std::string_view& text) {
  const bool digits = is_digit(text.front());
  auto end =
      std::find_if(text.begin(), text.end(), [digits](char c) { return is_digit(c) != digits; });
  const size_t size = static_cast<size_t>(end - text.begin());
  std::string_view run = text.substr(0, size);
  text.remove_prefix(size);
  return run;
}

std::weak_ordering compare_numbers(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::optional<int64_t> small_number(std::string_view digits) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
  if (error != std::errc() || end != digits.end()) return std::nullopt;
  return number;
}

}  // namespace

std::weak_ordering natural_compare(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view run_a = take_run(a), run_b = take_run(b);
    const bool numbers = is_digit(run_a.front()) && is_digit(run_b.front());
    const std::weak_ordering order =
        numbers ? compare_numbers(run_a, run_b) : std::weak_ordering(run_a <=> run_b);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

bool natural_before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view run_a = take_run(a), run_b = take_run(b);
    if (is_digit(run_a.front()) && is_digit(run_b.front())) {
      const auto x = small_number(run_a), y = small_number(run_b);
      if (x && y && *x != *y) return *x < *y;
      if (!(x && y) && run_a != run_b) return run_a < run_b;
    } else if (run_a != run_b) {
      return run_a < run_b;
    }
    if (a.empty()) return true;
  }
  return false;
}

}  // namespace gnomon::functions
