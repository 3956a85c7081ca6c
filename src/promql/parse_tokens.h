#pragma once

#include <string_view>

#include "PromQLParser.h"
#include "src/parsing/tokens.h"
#include "src/promql/ast.h"
#include "src/promql/lexical.h"

// PromQL's tokens. Only parser.cpp and the files parse_*.cpp include this.
namespace gnomon::promql {

using Rules = grammar::PromQLParser;
using parsing::end_of;
using parsing::look_up;
using parsing::start_of;

// All tokens, up to the first error; see parsing::read_tokens().
parsing::Tokens lex(std::string_view text);

TokenShape shape_of(size_t type);
bool is_aggregation(size_t type);
// What a token that the grammar takes for an operator, or for an aggregation, stands for.
BinaryOp binary_op(const antlr4::Token* token);
AggregateOp aggregate_op(const antlr4::Token* token);

}  // namespace gnomon::promql
