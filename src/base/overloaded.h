#pragma once

namespace gnomon::base {

// A visitor for std::variant out of lambdas, one for each alternative.
template <typename... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

}  // namespace gnomon::base
