#include "src/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "src/cli/command.h"

namespace gnomon::cli {

size_t terminal_columns() {
  constexpr size_t kLeast = 40, kUsual = 80;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return std::max<size_t>(size.ws_col, kLeast);
  }
  const char* columns = std::getenv("COLUMNS");
  const int number = columns == nullptr ? 0 : std::atoi(columns);
  return number > 0 ? std::max(static_cast<size_t>(number), kLeast) : kUsual;
}

bool terminal_colors() {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

bool progress_wanted() { return isatty(STDERR_FILENO) == 1; }

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::show(std::string_view text) {
  if (!shown_) return;
  std::fprintf(stderr, "\r\x1b[K%.*s", static_cast<int>(text.size()), text.data());
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int fail(const Error& error) {
  std::fprintf(stderr, "gnomon: %s\n", error.message.c_str());
  return kExitFailed;
}

std::optional<Parsed> parse_or_exit(const Usage& usage, std::span<const std::string> arguments,
                                    int& exit_status) {
  constexpr size_t kHelpColumnsMax = 100;
  Result<Parsed> parsed = parse_arguments(usage, arguments);
  if (!parsed.ok()) {
    const std::string command(usage.command);
    std::fprintf(stderr, "gnomon %s: %s\nSee gnomon %s --help.\n", command.c_str(),
                 parsed.error().message.c_str(), command.c_str());
    exit_status = kExitUsage;
    return std::nullopt;
  }
  if (parsed->help) {
    print(help_page(usage, std::min(terminal_columns(), kHelpColumnsMax)));
    exit_status = kExitOk;
    return std::nullopt;
  }
  return std::move(*parsed);
}

}  // namespace gnomon::cli
