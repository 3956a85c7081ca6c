#include "tests/tidy/source.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

namespace gnomon::tidy {
namespace {

int line_of(std::string_view text, size_t offset) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + offset, '\n'));
}

void blank(std::string& code, size_t begin, size_t end) {
  for (size_t i = begin; i < std::min(end, code.size()); ++i) {
    if (code[i] != '\n') code[i] = ' ';
  }
}

// The end of the quoted literal that begins at `at`.
size_t literal_end(std::string_view text, size_t at) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote || text[i] == '\n') {
      return i;
    }
  }
  return text.size();
}

size_t raw_literal_end(std::string_view text, size_t quote) {
  const size_t open = text.find('(', quote);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
  const size_t end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size() - 1;
}

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Comments and the insides of literals become blanks; the quotes stay.
std::string blank_comments_and_literals(std::string_view text) {
  std::string code(text);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "//") {
      const size_t end = std::min(text.find('\n', i), text.size());
      blank(code, i, end);
      i = end;
    } else if (text.substr(i, 2) == "/*") {
      const size_t end = std::min(text.find("*/", i + 2), text.size());
      blank(code, i, end + 2);
      i = end + 1;
    } else if (text[i] == '"' && i > 0 && text[i - 1] == 'R') {
      const size_t end = raw_literal_end(text, i);
      blank(code, i + 1, end);
      i = end;
    } else if (text[i] == '"' || (text[i] == '\'' && (i == 0 || !word_character(text[i - 1])))) {
      const size_t end = literal_end(text, i);
      blank(code, i + 1, end);
      i = end;
    }
  }
  return code;
}

enum class Block { Namespace, Class, Function, Other };

const std::regex kNamespaceHead(R"(^\s*(inline\s+)?namespace\b|^\s*extern\s*"\s*"\s*$)");
const std::regex kClassHead(R"(^(template\s*<[^{]*>)?\s*(class|struct|union)\b[^()=]*$)");

// What a brace opens, by the text between it and the statement before.
Block block_kind(const std::string& head) {
  if (std::regex_search(head, kNamespaceHead)) return Block::Namespace;
  if (std::regex_search(head, kClassHead)) return Block::Class;
  const size_t parenthesis = head.find('(');
  if (parenthesis == std::string::npos) return Block::Other;
  return head.find(" = ") < parenthesis ? Block::Other : Block::Function;
}

struct Open {
  Block kind;
  size_t head_begin;
  size_t brace;
};

struct Region {
  Block kind;
  size_t head_begin;
  size_t brace;
  size_t end;
};

// Every class, and every function that is not inside another.
std::vector<Region> regions(const Source& source) {
  std::vector<Region> found;
  std::vector<Open> stack;
  const std::string& code = source.code;
  size_t statement = 0;
  int functions_open = 0;
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '#' && (i == 0 || code[i - 1] == '\n')) {  // a directive, perhaps continued
      while (i < code.size() && (code[i] != '\n' || code[i - 1] == '\\')) ++i;
      statement = i + 1;
    } else if (code[i] == '{') {
      const std::string head = code.substr(statement, i - statement);
      const Block kind = functions_open > 0 ? Block::Other : block_kind(head);
      functions_open += kind == Block::Function || functions_open > 0;
      const size_t skipped = std::min(head.find_first_not_of(" \n"), head.size());
      stack.push_back({kind, statement + skipped, i});
      statement = i + 1;
    } else if (code[i] == '}' && !stack.empty()) {
      const Open open = stack.back();
      stack.pop_back();
      functions_open -= functions_open > 0;
      if (open.kind == Block::Class || open.kind == Block::Function) {
        found.push_back({open.kind, open.head_begin, open.brace, i});
      }
      statement = i + 1;
    } else if (code[i] == ';') {
      statement = i + 1;
    }
  }
  return found;
}

std::string first_line(const Source& source, size_t offset) {
  return source.text.substr(offset,
                            std::min(source.text.find('\n', offset), source.text.size()) - offset);
}

}  // namespace

Source make_source(std::string path, std::string text) {
  Source source{std::move(path), std::move(text), {}};
  source.code = blank_comments_and_literals(source.text);
  return source;
}

std::vector<Room> read_rooms(const std::filesystem::path& file) {
  std::vector<Room> rooms;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#') || std::count(line.begin(), line.end(), '|') != 2) continue;
    std::istringstream words(line.substr(0, line.rfind('|')));
    Room room;
    words >> room.path;
    for (std::string word; words >> word;) {
      if (word != "|") room.needs.push_back(word);
    }
    rooms.push_back(std::move(room));
  }
  return rooms;
}

std::vector<Source> read_sources(const std::filesystem::path& root,
                                 const std::vector<std::string>& folders) {
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp")) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::stringstream text;
      text << file.rdbuf();
      sources.push_back(make_source(entry.path().lexically_relative(root).string(), text.str()));
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

std::vector<Include> includes(const Source& source) {
  static const std::regex kInclude(R"(^#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> found;
  std::istringstream lines(source.text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::smatch match;
    if (line.starts_with("#") && std::regex_search(line, match, kInclude)) {
      found.push_back({match[2], match[1] == "\"", number});
    }
  }
  return found;
}

std::vector<Function> functions(const Source& source) {
  std::vector<Function> found;
  for (const Region& region : regions(source)) {
    if (region.kind != Block::Function) continue;
    const int first = line_of(source.text, region.head_begin);
    found.push_back({first_line(source, region.head_begin), first,
                     line_of(source.text, region.end) - first + 1});
  }
  return found;
}

std::vector<Class> classes(const Source& source) {
  static const std::regex kVirtual(R"(\bvirtual\s+(~?))");
  std::vector<Class> found;
  for (const Region& region : regions(source)) {
    if (region.kind != Block::Class) continue;
    Class one{first_line(source, region.head_begin), line_of(source.text, region.head_begin)};
    const std::string body = source.code.substr(region.brace, region.end - region.brace);
    for (std::sregex_iterator at(body.begin(), body.end(), kVirtual), end; at != end; ++at) {
      one.virtuals += (*at)[1].length() == 0;
    }
    found.push_back(one);
  }
  return found;
}

std::vector<int> braced_awaits(const Source& source) {
  static const std::regex kLambda(R"(\[[^\]]*\]\s*(\(|\{|mutable\b))");
  std::vector<int> found;
  const std::string& code = source.code;
  for (size_t at = code.find("co_await"); at != std::string::npos;
       at = code.find("co_await", at + 1)) {
    int depth = 0;
    size_t end = at + 8;
    bool braces = false;
    // `if (co_await read()) {`: the brace after the operand's own parentheses is harmless.
    for (; end < code.size() && code[end] != ';' && !(depth < 0 && code[end] == '{'); ++end) {
      depth += code[end] == '(';
      depth -= code[end] == ')';
      braces |= code[end] == '{';
    }
    const std::string operand = code.substr(at, end - at);
    if (braces || std::regex_search(operand, kLambda)) found.push_back(line_of(code, at));
  }
  return found;
}

std::vector<int> long_lines(const Source& source, int columns) {
  std::vector<int> found;
  std::istringstream lines(source.text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto characters = std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a UTF-8 continuation byte
    });
    if (characters > columns) found.push_back(number);
  }
  return found;
}

}  // namespace gnomon::tidy
