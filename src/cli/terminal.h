#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/cli/arguments.h"

namespace gnomon::cli {

// Columns of the terminal, else of $COLUMNS, else 80; at least 40, for help pages at most 100.
size_t terminal_columns();
// Standard output is a terminal and $NO_COLOR is not set.
bool terminal_colors();
// Standard error is a terminal: progress may be shown.
bool progress_wanted();

// One line on standard error that overwrites itself and goes away in the end; nothing where it is
// no terminal.
class ProgressLine {
 public:
  ProgressLine() : shown_(progress_wanted()) {}
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(std::string_view text);

 private:
  bool shown_;
};

void print(std::string_view text);  // to standard output
// "gnomon: <message>" on standard error; returns kExitFailed.
int fail(const Error& error);

// Parses; on --help prints the page, on a mistake the error and where to find help. Nothing to go
// on with in both cases: `exit_status` is set and the result is empty.
std::optional<Parsed> parse_or_exit(const Usage& usage, std::span<const std::string> arguments,
                                    int& exit_status);

}  // namespace gnomon::cli
