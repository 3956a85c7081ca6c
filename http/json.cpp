#include "http/json.h"

#include <array>
#include <cstring>
#include <iterator>

#include "src/base/text.h"

namespace gnomon::http {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_unicode_escape(std::string& out, unsigned code) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[code >> shift & 15];
}

// The escape of a character that must not stand as it is in JSON.
void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_unicode_escape(out, static_cast<unsigned char>(c));
  }
}

constexpr std::array<bool, 256> plain_bytes(bool text) {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 256; ++c) plain[c] = c != '"' && c != '\\';
  if (text) {
    plain['<'] = plain['>'] = plain['&'] = false;
    for (int c = 0x80; c < 256; ++c) plain[c] = false;
  }
  return plain;
}
constexpr std::array<bool, 256> kPlainInLabel = plain_bytes(false);
constexpr std::array<bool, 256> kPlainInText = plain_bytes(true);

// Bytes of the UTF-8 sequence at the beginning of `text`, 0 when there is no valid one.
size_t utf8_length(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (length > text.size()) return 0;
  return base::valid_utf8(text.substr(0, length)) ? length : 0;
}

// One character that is not plain; returns its bytes.
size_t append_special(std::string& out, std::string_view text) {
  constexpr std::string_view kLineSeparator = "\xe2\x80\xa8", kParagraphSeparator = "\xe2\x80\xa9";
  if (static_cast<unsigned char>(text[0]) < 0x80) {
    append_escape(out, text[0]);
    return 1;
  }
  size_t length = utf8_length(text);
  std::string_view character = text.substr(0, length);
  if (length == 0) {
    out += "\\ufffd";
    return 1;
  }
  if (character == kLineSeparator) {
    out += "\\u2028";
  } else if (character == kParagraphSeparator) {
    out += "\\u2029";
  } else {
    out += character;
  }
  return length;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  size_t begin = 0;
  for (size_t i = 0; i < text.size();) {
    if (kPlainInText[static_cast<unsigned char>(text[i])]) {
      ++i;
      continue;
    }
    out.append(text, begin, i - begin);
    begin = i += append_special(out, text.substr(i));
  }
  out.append(text, begin);
  out += '"';
}

void append_json_label(std::string& out, std::string_view text) {
  out += '"';
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (kPlainInLabel[static_cast<unsigned char>(text[i])]) continue;
    out.append(text, begin, i - begin);
    append_escape(out, text[i]);
    begin = i + 1;
  }
  out.append(text, begin);
  out += '"';
}

void append_json_labels(std::string& out, model::LabelsView labels) {
  char separator = '{';
  for (model::Label label : labels) {
    out += separator;
    append_json_label(out, label.name);
    out += ':';
    append_json_label(out, label.value);
    separator = ',';
  }
  if (separator == '{') out += '{';
  out += '}';
}

void append_json_float(std::string& out, double value) {
  char buffer[32];
  out.append(buffer, write_value(buffer, value));
}

void append_json_histogram(std::string& out, const model::Histogram& histogram) {
  auto quoted = [&out](double value) {
    out += '"';
    append_json_float(out, value);
    out += '"';
  };
  out += "{\"count\":";
  quoted(histogram.count);
  out += ",\"sum\":";
  quoted(histogram.sum);
  bool any = false;
  for (const model::Bucket& bucket : model::all_buckets(histogram)) {
    if (bucket.count == 0) continue;
    out += any ? "," : ",\"buckets\":[";
    any = true;
    // Which bounds belong to the bucket: 0 (lo,hi], 1 [lo,hi), 2 (lo,hi), 3 [lo,hi].
    int rule = bucket.lower_inclusive ? (bucket.upper_inclusive ? 3 : 1)
                                      : (bucket.upper_inclusive ? 0 : 2);
    out += '[';
    out += static_cast<char>('0' + rule);
    for (double value : {bucket.lower, bucket.upper, bucket.count}) {
      out += ',';
      quoted(value);
    }
    out += ']';
  }
  if (any) out += ']';
  out += '}';
}

// ---- JsonWriter

void JsonWriter::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}
JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}
JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_text(out_, name);
  out_ += ':';
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  append_json_text(out_, value);
  return *this;
}
JsonWriter& JsonWriter::integer(int64_t value) { return raw(std::to_string(value)); }
JsonWriter& JsonWriter::number(double value) {
  separate();
  append_json_float(out_, value);
  return *this;
}
JsonWriter& JsonWriter::labels(model::LabelsView labels) {
  separate();
  append_json_labels(out_, labels);
  return *this;
}
JsonWriter& JsonWriter::texts(const std::vector<std::string>& values) {
  begin_array();
  for (const std::string& value : values) text(value);
  return end_array();
}
JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace gnomon::http
