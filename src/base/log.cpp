#include "src/base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "src/base/text.h"

namespace gnomon::base {
namespace {

std::atomic<LogLevel> least_level{LogLevel::Info};

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 4> kUpperNames = {"DEBUG", "INFO", "WARN", "ERROR"};

// logfmt: a value without spaces, quotes, '=' and control characters stands as it is.
bool needs_quotes(std::string_view value) {
  for (unsigned char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f) return true;
  }
  return value.empty();
}

void append_field(std::string& out, std::string_view key, std::string_view value) {
  out.append(" ").append(key).append("=");
  out.append(needs_quotes(value) ? quote(value) : std::string(value));
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

void set_log_level(LogLevel level) { least_level.store(level, std::memory_order_relaxed); }

std::string format_log_line(int64_t time_ms, LogLevel level, std::string_view message,
                            std::initializer_list<LogField> fields) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> stamp{};
  const size_t length = std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(stamp.data() + length, stamp.size() - length, ".%03dZ",
                static_cast<int>(time_ms % 1000));
  std::string line = std::string("time=") + stamp.data();
  line.append(" level=").append(kUpperNames[static_cast<size_t>(level)]);
  append_field(line, "msg", message);
  for (const LogField& field : fields) append_field(line, field.key, field.value);
  return line;
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < least_level.load(std::memory_order_relaxed)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::string line = format_log_line(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), level, message, fields);
  line.push_back('\n');
  // A log that cannot be written has nowhere to complain.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace gnomon::base
