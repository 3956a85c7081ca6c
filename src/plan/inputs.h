#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace gnomon::plan {

// An index into Plan::nodes; a node refers only to earlier ones.
using NodeId = uint32_t;

// A member of a node that refers to another node: as such, in std::optional or in std::vector. Its
// own type, so that the compiler can count these members. Each node lists them, in the order in
// which EXPLAIN shows them:
//
//   static constexpr auto inputs() { return std::tuple(&Rollup::source, &Rollup::scalars); }
//
// and a node whose list is missing or leaves one out does not compile.
struct Input {
  NodeId id = 0;

  constexpr Input() = default;
  constexpr Input(NodeId node) : id(node) {}
  constexpr operator NodeId() const { return id; }
  bool operator==(const Input&) const = default;
};

namespace inputs_detail {

// Initialises any member of an aggregate.
struct AnyMember {
  template <typename T>
  operator T() const;
};

// Initialises an input, an optional one or a list of them, and no other member.
struct AnyInput {
  operator Input() const;
  operator std::optional<Input>() const;
  operator std::vector<Input>() const;
};

template <typename Op, size_t... Before>
consteval bool has_member(std::index_sequence<Before...>) {
  return requires { Op{(void(Before), AnyMember())..., AnyMember()}; };
}

template <typename Op, size_t... Before>
consteval bool is_input(std::index_sequence<Before...>) {
  return requires { Op{(void(Before), AnyMember())..., AnyInput()}; };
}

// How many members of Op from number `at` on refer to other nodes.
template <typename Op, size_t at = 0>
consteval size_t count() {
  using Before = std::make_index_sequence<at>;
  if constexpr (has_member<Op>(Before())) {
    return (is_input<Op>(Before()) ? 1 : 0) + count<Op, at + 1>();
  } else {
    return 0;
  }
}

template <typename Visit>
void visit_member(Input& input, Visit& visit) {
  visit(input);
}
template <typename Visit>
void visit_member(std::optional<Input>& input, Visit& visit) {
  if (input) visit(*input);
}
template <typename Visit>
void visit_member(std::vector<Input>& list, Visit& visit) {
  for (Input& input : list) visit(input);
}

}  // namespace inputs_detail

// Whether the aggregate Op lists as many inputs as it has members that are one.
template <typename Op>
consteval bool lists_all_inputs() {
  return inputs_detail::count<Op>() == std::tuple_size_v<decltype(Op::inputs())>;
}

// Calls visit(Input&) for each input of a node, in the order of its list.
template <typename Op, typename Visit>
void for_each_input(Op& op, Visit visit) {
  static_assert(lists_all_inputs<Op>(), "inputs() leaves out a member that refers to a node");
  std::apply([&](auto... member) { (inputs_detail::visit_member(op.*member, visit), ...); },
             Op::inputs());
}

}  // namespace gnomon::plan
