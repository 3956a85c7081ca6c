#include "src/model/glob.h"

#include <algorithm>
#include <iterator>

#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::model {
namespace {

constexpr size_t npos = std::string_view::npos;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

size_t next_code_point(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && continues(text[at])) ++at;
  return at;
}

// Recursive descent over the subset; any other construct ends it with nullopt.
class Parser {
 public:
  explicit Parser(std::string_view regex) : rest_(regex) {}

  std::optional<std::vector<Glob>> parse() {
    auto globs = alternation(0);
    if (!rest_.empty()) return std::nullopt;
    return globs;
  }

 private:
  using Globs = std::optional<std::vector<Glob>>;

  bool at(char c) const { return !rest_.empty() && rest_[0] == c; }
  bool at_quantifier() const {
    return !rest_.empty() && std::string_view("*+?{").find(rest_[0]) != npos;
  }
  // What is said once and stands in several globs must not become too much.
  bool spend(size_t bytes) {
    spent_ += bytes;
    return spent_ <= base::kRegexGlobBytesMax;
  }
  bool take(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Globs alternation(size_t depth) {
    if (depth > base::kRegexGlobDepthMax) return std::nullopt;
    std::vector<Glob> all;
    do {
      Globs globs = sequence(depth);
      if (!globs || all.size() + globs->size() > base::kRegexGlobsMax) return std::nullopt;
      std::move(globs->begin(), globs->end(), std::back_inserter(all));
    } while (take('|'));
    return all;
  }

  Globs sequence(size_t depth) {
    std::vector<Glob> globs(1);
    // Whole texts are matched: at the outer level these two say nothing new.
    if (depth == 0 && take('^') && at_quantifier()) return std::nullopt;
    while (!rest_.empty() && !at('|') && !at(')')) {
      if (depth == 0 && take('$')) {
        if (rest_.empty() || at('|')) return globs;
        return std::nullopt;
      }
      const bool ok = at('(') ? group(globs, depth) : at('.') ? wildcard(globs) : literal(globs);
      if (!ok || at_quantifier()) return std::nullopt;
    }
    return globs;
  }

  bool group(std::vector<Glob>& globs, size_t depth) {
    take('(');
    if (take('?') && !take(':')) return false;
    const Globs inner = alternation(depth + 1);
    if (!inner || !take(')')) return false;
    const size_t combined = globs.size() * inner->size();
    if (combined > base::kRegexGlobsMax) return false;
    if (!spend(total_size(globs) * inner->size() + total_size(*inner) * globs.size())) return false;
    std::vector<Glob> product;
    product.reserve(combined);
    for (const Glob& head : globs) {
      for (const Glob& tail : *inner) {
        product.push_back(head);
        product.back().append(tail);
      }
    }
    globs = std::move(product);
    return true;
  }

  bool wildcard(std::vector<Glob>& globs) {
    take('.');
    const bool many = at('*');
    const bool some = at('+');
    if (many || some) {
      rest_.remove_prefix(1);
      take('?');  // lazy or greedy: the same texts
    }
    for (Glob& glob : globs) {
      if (!many) glob.add_any();
      if (many || some) glob.add_any_many();
    }
    return globs.size() == 1 || spend(globs.size());
  }

  bool literal(std::vector<Glob>& globs) {
    char c = rest_[0];
    if (c == '\\') {
      // A letter or digit after the backslash is a class, an anchor, a code.
      const auto special = std::string_view("\\.+*?()|[]{}^$-/:,;=\"'#&%@!~<>_ ");
      if (rest_.size() < 2 || special.find(rest_[1]) == npos || rest_[1] == '_') return false;
      rest_.remove_prefix(1);
      c = rest_[0];
    } else if (std::string_view("[]{}^$*+?").find(c) != npos) {
      return false;
    }
    for (Glob& glob : globs) glob.add_literal(c);
    rest_.remove_prefix(1);
    return globs.size() == 1 || spend(globs.size());
  }

  static size_t total_size(const std::vector<Glob>& globs) {
    size_t size = 0;
    for (const Glob& glob : globs) size += glob.size();
    return size;
  }
  std::string_view rest_;
  size_t spent_ = 0;
};

}  // namespace

void Glob::add_literal(char c) {
  Chunk& chunk = chunks_.back();
  if (chunk.pieces.empty() || chunk.pieces.back().empty()) chunk.pieces.emplace_back();
  chunk.pieces.back().push_back(c);
  ++chunk.bytes;
}

void Glob::add_any() {
  // `.*.` is `..*`: a wildcard of one never stands right behind a `.*`, nor hinders a search.
  Chunk& chunk = chunks_.back();
  chunk.pieces.emplace_back();
  ++chunk.any;
}

void Glob::add_any_many() {
  const Chunk& last = chunks_.back();
  if (chunks_.size() > 1 && last.pieces.empty()) return;
  chunks_.emplace_back();
}

void Glob::append(const Glob& tail) {
  for (size_t i = 0; i < tail.chunks_.size(); ++i) {
    if (i > 0) add_any_many();
    for (const std::string& piece : tail.chunks_[i].pieces) {
      if (piece.empty()) add_any();
      for (char c : piece) add_literal(c);
    }
  }
}

size_t Glob::size() const {
  size_t size = 0;
  for (const Chunk& chunk : chunks_) size += 1 + chunk.bytes + chunk.any;
  return size;
}

std::optional<std::string_view> Glob::literal() const {
  const Chunk& first = chunks_.front();
  if (chunks_.size() > 1 || first.any > 0) return std::nullopt;
  return prefix();
}

std::string_view Glob::prefix() const {
  const Chunk& first = chunks_.front();
  if (first.pieces.empty()) return {};
  return first.pieces.front();
}

size_t Glob::Chunk::match_at(std::string_view text, size_t at) const {
  for (const std::string& piece : pieces) {
    if (piece.empty()) {
      if (at >= text.size()) return npos;
      at = next_code_point(text, at);
    } else {
      if (text.substr(at, piece.size()) != piece) return npos;
      at += piece.size();
    }
  }
  return at;
}

size_t Glob::Chunk::find(std::string_view text, size_t at) const {
  if (any == 0) {
    if (pieces.empty()) return at;
    const size_t found = text.find(pieces.front(), at);
    return found == npos ? npos : found + bytes;
  }
  for (; at < text.size(); at = next_code_point(text, at)) {
    const size_t end = match_at(text, at);
    if (end != npos) return end;
  }
  return npos;
}

bool Glob::Chunk::match_end(std::string_view text, size_t from) const {
  size_t code_points = any;
  for (const std::string& piece : pieces) {
    code_points += static_cast<size_t>(
        std::count_if(piece.begin(), piece.end(), [](char c) { return !continues(c); }));
  }
  size_t at = text.size();
  for (; code_points > 0; --code_points) {
    do {
      if (at == from) return false;
      --at;
    } while (continues(text[at]));
  }
  return match_at(text, at) == text.size();
}

bool Glob::matches(std::string_view text) const {
  const size_t last = chunks_.size() - 1;
  size_t at = chunks_[0].match_at(text, 0);
  if (at == npos) return false;
  if (last == 0) return at == text.size();
  // Leftmost is enough: a chunk has a fixed number of code points, so an earlier match ends earlier
  // and leaves more to the rest.
  for (size_t i = 1; i < last; ++i) {
    at = chunks_[i].find(text, at);
    if (at == npos) return false;
  }
  return chunks_[last].match_end(text, at);
}

std::optional<std::vector<Glob>> parse_globs(std::string_view regex) {
  if (!base::valid_utf8(regex)) return std::nullopt;
  return Parser(regex).parse();
}

}  // namespace gnomon::model
