#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "src/base/result.h"

namespace gnomon::http {

// Compresses the answer with the first of gzip and deflate that the client lists, as Prometheus
// chooses, and says so in the headers; small answers and those encoded already stay as they are.
void compress(std::string_view accept_encoding, Response& response);

// A gzip body as sent by a client. Error: BadData; also when more than `bytes_max` come out.
Result<std::string> decompress_gzip(std::string_view bytes, size_t bytes_max);

}  // namespace gnomon::http
