#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "src/promql/parser.h"
#include "src/promql/printer.h"
#include "src/promql/resolve.h"

namespace {

using namespace gnomon;

void expect_equal(const std::string& a, const std::string& b) {
  if (a == b) return;
  std::fprintf(stderr, "%s\n%s\n", a.c_str(), b.c_str());
  std::abort();
}

promql::ExprPtr again(const std::string& text, const promql::Features& features) {
  auto expr = promql::parse(text, features);
  if (!expr.ok()) expect_equal(text, expr.error().message);
  return std::move(expr).value();
}

}  // namespace

// What parses prints as something that parses to the same; nothing ever crashes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  promql::Features features;
  features.experimental_functions = true;
  features.extended_range_selectors = true;
  features.binop_fill_modifiers = true;
  (void)promql::parse_selector(text).ok();
  auto expr = promql::parse(text, features);
  if (!expr.ok()) return 0;
  const std::string printed = promql::to_string(**expr);
  expect_equal(promql::to_string(*again(printed, features)), printed);
  expect_equal(promql::to_string(*again(promql::prettify(**expr), features)), printed);
  const promql::ExprPtr copy = promql::clone(**expr);
  (void)promql::resolve(*copy, {0, 60'000, 15'000}, false).ok();
  return 0;
}
