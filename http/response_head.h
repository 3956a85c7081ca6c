#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace gnomon::http {

// How the client learns where the body ends.
enum class Framing : uint8_t { Length, Chunked, UntilClose };

// Status line and headers, with Date, and the empty line.
void append_head(std::string& out, const Response& response, int version, bool keep_alive,
                 Framing framing);

// A chunk is opened, its bytes are appended to `out`, then it is closed; an empty one leaves
// nothing. The return value of begin_chunk() goes to end_chunk().
size_t begin_chunk(std::string& out);
void end_chunk(std::string& out, size_t begin);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string_view status_text(int status);

}  // namespace gnomon::http
