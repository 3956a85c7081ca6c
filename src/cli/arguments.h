#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace gnomon::cli {

// One option of a command: `--name VALUE` or `--name=VALUE`; a switch when `placeholder` is empty.
struct Flag {
  std::string_view name;
  std::string_view placeholder;
  std::string fallback;  // the default as --help shows it; empty: none
  std::string_view group;
  std::string_view help;
  std::function<Result<void>(std::string_view value)> set;  // called for every occurrence
};

// The usual kinds. The target's value at this point is the default that --help shows; the target
// must outlive the flag.
Flag text_flag(std::string_view name, std::string_view placeholder, std::string& target,
               std::string_view group, std::string_view help);
// Prometheus durations ("15d", "1m30s") and plain "0".
Flag duration_flag(std::string_view name, int64_t& target_ms, std::string_view group,
                   std::string_view help);
Flag count_flag(std::string_view name, uint64_t& target, std::string_view group,
                std::string_view help);
Flag switch_flag(std::string_view name, bool& target, std::string_view group,
                 std::string_view help);

// What a command is called with.
struct Usage {
  std::string_view command;      // "query"
  std::string_view positional;   // "EXPR", as the usage line shows it
  std::string_view description;  // a paragraph
  size_t positionals_min = 0;
  size_t positionals_max = 0;
  std::vector<Flag> flags;
  std::string_view examples;  // lines; empty: none
};

struct Parsed {
  std::vector<std::string> positionals;
  bool help = false;  // --help or -h was given; nothing else was checked
};

// `arguments`: what follows the command's name. "--" ends the options. Errors are BadData and meant
// for the user: `unknown option "--x"; did you mean "--y"?`.
Result<Parsed> parse_arguments(const Usage& usage, std::span<const std::string> arguments);

// The page of `gnomon COMMAND --help`, flags by group, lines of at most `columns`.
std::string help_page(const Usage& usage, size_t columns);

// How many characters must be put in, taken out or replaced to make `b` of `a`.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace gnomon::cli
