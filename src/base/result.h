#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "src/base/error.h"

namespace gnomon::base {

// A value or an Error. Expected failures travel as a Result; bugs assert; exceptions of third
// parties become an Error in the one file that calls them.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value: `return {};`
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace gnomon::base

namespace gnomon {
using base::Error;
using base::ErrorKind;
using base::Result;
}  // namespace gnomon

#define GNOMON_CONCAT_(a, b) a##b
#define GNOMON_CONCAT(a, b) GNOMON_CONCAT_(a, b)

// TRY(auto x, f()): x is f's value, or the enclosing function returns f's error.
#define TRY(declaration, expression) \
  TRY_(GNOMON_CONCAT(try_result_, __LINE__), declaration, expression)
#define TRY_(result, declaration, expression)         \
  auto result = (expression);                         \
  if (!result.ok()) return std::move(result).error(); \
  declaration = std::move(result).value()

// TRY_VOID(f()): the same for Result<void>.
#define TRY_VOID(expression)                                              \
  do {                                                                    \
    auto try_void_result = (expression);                                  \
    if (!try_void_result.ok()) return std::move(try_void_result).error(); \
  } while (false)
