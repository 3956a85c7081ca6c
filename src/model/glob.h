#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::model {

// The simple regexes that make up nearly all matchers: literals, `.`, `.*` and `.+` in sequence,
// for example `5..`, `foo-.*`, `.*error.*`. Matches whole texts of valid UTF-8.
class Glob {
 public:
  void add_literal(char c);
  void add_any();       // `.`: one code point
  void add_any_many();  // `.*`
  void append(const Glob& tail);

  // About as many bytes as it was written with.
  size_t size() const;
  // The text when the glob is one literal.
  std::optional<std::string_view> literal() const;
  // What every match begins with.
  std::string_view prefix() const;
  bool matches(std::string_view text) const;

  friend bool operator==(const Glob&, const Glob&) = default;

 private:
  // What stands between two `.*`: pieces, a piece without text being one code point.
  struct Chunk {
    std::vector<std::string> pieces;
    size_t any = 0;    // pieces that are one code point
    size_t bytes = 0;  // of the texts

    // The end of the match that begins at `at`; npos: none.
    size_t match_at(std::string_view text, size_t at) const;
    // The match with the least begin not before `at`: its end; npos: none.
    size_t find(std::string_view text, size_t at) const;
    bool match_end(std::string_view text, size_t from) const;

    friend bool operator==(const Chunk&, const Chunk&) = default;
  };
  std::vector<Chunk> chunks_ = {Chunk{}};
};

// The alternatives of a regex that consists of globs, groups and `|` only; nullopt for any other
// one, wrong ones included.
std::optional<std::vector<Glob>> parse_globs(std::string_view regex);

}  // namespace gnomon::model
