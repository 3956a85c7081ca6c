#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::tidy {

// A C++ file of the tree.
struct Source {
  std::string path;  // from the repository root
  std::string text;
  std::string code;  // text with comments and literals blanked, line breaks kept

  bool header() const { return path.ends_with(".h"); }
  bool in(std::string_view folder) const { return path.starts_with(folder); }
};

struct Include {
  std::string path;
  bool quoted = false;
  int line = 0;
};

struct Function {
  std::string head;  // its first line
  int line = 0;      // from 1
  int lines = 0;     // from the head to the closing brace
};

struct Class {
  std::string head;
  int line = 0;
  int virtuals = 0;  // the destructor not counted
};

// A row of the table of rooms.
struct Room {
  std::string path;                // src/plan
  std::vector<std::string> needs;  // rooms that its files may include
};

// The rows "room | needs | libraries" of a file; other lines are comments.
std::vector<Room> read_rooms(const std::filesystem::path& file);

// All .h and .cpp files under the given folders of the repository, sorted by path.
std::vector<Source> read_sources(const std::filesystem::path& root,
                                 const std::vector<std::string>& folders);
Source make_source(std::string path, std::string text);

std::vector<Include> includes(const Source& source);
std::vector<Function> functions(const Source& source);
std::vector<Class> classes(const Source& source);
// Lines with a co_await whose operand has a lambda or braces, which g++ 12 miscompiles.
std::vector<int> braced_awaits(const Source& source);
// Lines of more than `columns` characters.
std::vector<int> long_lines(const Source& source, int columns);

}  // namespace gnomon::tidy
