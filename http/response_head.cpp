#include "http/response_head.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iterator>

namespace gnomon::http {
namespace {

struct Status {
  int code;
  std::string_view text;
};
constexpr Status kStatuses[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {204, "No Content"},
    {302, "Found"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {413, "Request Entity Too Large"},
    {414, "Request URI Too Long"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Entity"},
    {426, "Upgrade Required"},
    {431, "Request Header Fields Too Large"},
    {499, "status code 499"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};
static_assert(std::is_sorted(std::begin(kStatuses), std::end(kStatuses),
                             [](const Status& a, const Status& b) { return a.code < b.code; }));

// "Sun, 06 Nov 1994 08:49:37 GMT", made once a second.
std::string_view http_date() {
  thread_local time_t made_at = 0;
  thread_local char text[40];
  time_t now = time(nullptr);
  if (now != made_at) {
    made_at = now;
    tm parts;
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return text;
}

constexpr size_t kChunkHeadBytes = 10;  // eight hex digits, CR, LF

}  // namespace

std::string_view status_text(int status) {
  auto row = std::lower_bound(std::begin(kStatuses), std::end(kStatuses), status,
                              [](const Status& a, int code) { return a.code < code; });
  return row != std::end(kStatuses) && row->code == status ? row->text : "";
}

void append_head(std::string& out, const Response& response, int version, bool keep_alive,
                 Framing framing) {
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += status_text(response.status);
  if (!response.content_type.empty()) {
    out += "\r\nContent-Type: ";
    out += response.content_type;
  }
  for (const Header& header : response.headers) {
    out += "\r\n";
    out += header.name;
    out += ": ";
    out += header.value;
  }
  out += "\r\nDate: ";
  out += http_date();
  if (framing == Framing::Chunked) {
    out += "\r\nTransfer-Encoding: chunked";
  } else if (framing == Framing::Length && response.status != 204 && response.status != 101) {
    out += "\r\nContent-Length: ";
    out += std::to_string(response.body.size());
  }
  if (!keep_alive) {
    out += "\r\nConnection: close";
  } else if (version < 11) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
}

size_t begin_chunk(std::string& out) {
  size_t begin = out.size();
  out.append(kChunkHeadBytes, '0');
  return begin;
}

void end_chunk(std::string& out, size_t begin) {
  size_t bytes = out.size() - begin - kChunkHeadBytes;
  if (bytes == 0) {
    out.resize(begin);
    return;
  }
  char head[kChunkHeadBytes + 1];
  snprintf(head, sizeof head, "%08x\r\n", static_cast<unsigned>(bytes));
  out.replace(begin, kChunkHeadBytes, head, kChunkHeadBytes);
  out += "\r\n";
}

}  // namespace gnomon::http
