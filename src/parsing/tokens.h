#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "antlr4-runtime.h"
#include "src/parsing/parse_error.h"

namespace gnomon::parsing {

// The bytes of a query as ANTLR's characters, so that token positions are byte offsets. The text
// must outlive it.
class ByteStream final : public antlr4::CharStream {
 public:
  explicit ByteStream(std::string_view text) : text_(text) {}

  void consume() override { ++at_; }
  size_t LA(ssize_t i) override;
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return "query"; }
  std::string getText(const antlr4::misc::Interval& interval) override;
  std::string toString() const override { return std::string(text_); }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

struct Tokens {
  std::unique_ptr<ByteStream> bytes;                 // the tokens refer to it
  std::vector<std::unique_ptr<antlr4::Token>> list;  // ends with EOF
  std::optional<ParseError> error;                   // in place of that EOF

  // The type of the last token so far; 0 when there is none.
  size_t last_type() const { return list.empty() ? 0 : list.back()->getType(); }
};

// All tokens of a text, up to the first error; at the error stands an EOF. Calls accept(mode,
// token, tokens) for each token, EOF included, in their order: `mode` is the lexer's when it began
// the token, `tokens` are those before it, and what accept changes of the token and where it sets
// tokens.bytes is what the lexer goes on from. It returns the error to stop at, if any. `text` must
// outlive the tokens. REQUIRES: the grammar's mutex.
template <typename Lexer, typename Accept>
Tokens read_tokens(std::string_view text, Accept accept) {
  Tokens tokens;
  tokens.bytes = std::make_unique<ByteStream>(text);
  Lexer lexer(tokens.bytes.get());
  lexer.removeErrorListeners();
  while (true) {
    const size_t mode = lexer.mode;
    std::unique_ptr<antlr4::Token> token = lexer.nextToken();
    auto& common = static_cast<antlr4::CommonToken&>(*token);
    tokens.error = accept(mode, common, tokens);
    if (tokens.error) common.setType(antlr4::Token::EOF);
    tokens.list.push_back(std::move(token));
    if (tokens.last_type() == antlr4::Token::EOF) return tokens;
  }
}

// The bytes of a token: [start, end).
inline int32_t start_of(const antlr4::Token* token) {
  return static_cast<int32_t>(token->getStartIndex());
}
inline int32_t end_of(const antlr4::Token* token) {
  return static_cast<int32_t>(token->getStopIndex() + 1);
}

// The row of a table whose first column is a token type.
template <typename T, size_t N>
T look_up(const std::pair<size_t, T> (&table)[N], size_t type, T otherwise) {
  const auto* row = std::find_if(std::begin(table), std::end(table),
                                 [&](const auto& each) { return each.first == type; });
  return row == std::end(table) ? otherwise : row->second;
}

}  // namespace gnomon::parsing
