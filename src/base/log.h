#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace gnomon::base {

enum class LogLevel : uint8_t { Debug, Info, Warn, Error };

// "debug", "info", "warn", "error"; nothing else.
std::optional<LogLevel> parse_log_level(std::string_view name);

// Lines below this level are dropped. Any thread. At start: Info.
void set_log_level(LogLevel level);

struct LogField {
  std::string_view key;
  std::string value;
};

// time=2026-01-02T03:04:05.678Z level=INFO msg="..." key=value: one line, no newline.
std::string format_log_line(int64_t time_ms, LogLevel level, std::string_view message,
                            std::initializer_list<LogField> fields);

// Writes one such line to stderr in a single write. Any thread.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace gnomon::base
