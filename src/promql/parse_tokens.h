#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "PromQLParser.h"
#include "antlr4-runtime.h"
#include "src/promql/ast.h"
#include "src/promql/builder.h"
#include "src/promql/lexical.h"

// ANTLR's tokens. Only parser.cpp and the files parse_*.cpp include this.
namespace gnomon::promql {

using Rules = grammar::PromQLParser;

struct Lexed {
  std::unique_ptr<antlr4::CharStream> bytes;           // the tokens point at it
  std::vector<std::unique_ptr<antlr4::Token>> tokens;  // ends with EOF
  std::optional<ParseError> error;                     // in place of that EOF
};

// All tokens, up to the first error. `text` outlives them; positions are byte offsets.
Lexed lex(std::string_view text);

inline int32_t start_of(const antlr4::Token* token) {
  return static_cast<int32_t>(token->getStartIndex());
}

inline int32_t end_of(const antlr4::Token* token) {
  return static_cast<int32_t>(token->getStopIndex() + 1);
}

TokenShape shape_of(size_t type);
bool is_aggregation(size_t type);
// What a token that the grammar takes for an operator, or for an aggregation, stands for.
BinaryOp binary_op(const antlr4::Token* token);
AggregateOp aggregate_op(const antlr4::Token* token);

// The row of a table whose first column is a token type.
template <typename T, size_t N>
T look_up(const std::pair<size_t, T> (&table)[N], size_t type, T otherwise) {
  const auto* row = std::find_if(std::begin(table), std::end(table),
                                 [&](const auto& each) { return each.first == type; });
  return row == std::end(table) ? otherwise : row->second;
}

}  // namespace gnomon::promql
