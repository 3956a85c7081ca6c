#include "src/parsing/tokens.h"

namespace gnomon::parsing {

size_t ByteStream::LA(ssize_t i) {
  const size_t at = at_ + static_cast<size_t>(i) - (i > 0 ? 1 : 0);
  return at < text_.size() ? static_cast<unsigned char>(text_[at]) : IntStream::EOF;
}

std::string ByteStream::getText(const antlr4::misc::Interval& interval) {
  const auto from = static_cast<size_t>(interval.a);
  if (interval.b < interval.a || from >= text_.size()) return "";
  return std::string(text_.substr(from, static_cast<size_t>(interval.b - interval.a) + 1));
}

}  // namespace gnomon::parsing
