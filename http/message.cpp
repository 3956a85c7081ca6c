#include "http/message.h"

#include <algorithm>

#include "src/base/limits.h"
#include "src/base/text.h"

namespace gnomon::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Where the first broken escape begins, or npos.
size_t decode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return i;
      out.push_back(static_cast<char>(high << 4 | low));
      i += 2;
    } else {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::string_view method_name(Method method) {
  constexpr std::string_view kNames[] = {"GET",    "HEAD",  "POST",    "PUT",
                                         "DELETE", "PATCH", "OPTIONS", ""};
  return kNames[static_cast<size_t>(method)];
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view find_header(const Headers& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

std::string_view Parameters::get(std::string_view name) const {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string_view> Parameters::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : pairs) {
    if (key == name) values.push_back(value);
  }
  return values;
}

void decode_form(std::string_view text, Parameters& out) {
  auto remember = [&out](std::string error) {
    if (out.error.empty()) out.error = std::move(error);
  };
  while (!text.empty()) {
    size_t end = std::min(text.find('&'), text.size());
    std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (out.pairs.size() == base::kHttpParametersMax) {
      return remember("more than " + std::to_string(base::kHttpParametersMax) + " parameters");
    }
    if (pair.find(';') != std::string_view::npos) {
      remember("invalid semicolon separator in query");
      continue;
    }
    size_t equals = std::min(pair.find('='), pair.size());
    std::string_view halves[] = {pair.substr(0, equals),
                                 pair.substr(std::min(equals + 1, pair.size()))};
    std::string decoded[2];
    bool good = true;
    for (int half = 0; half < 2 && good; ++half) {
      size_t broken = decode(halves[half], true, decoded[half]);
      good = broken == std::string_view::npos;
      if (!good) remember("invalid URL escape " + base::quote(halves[half].substr(broken, 3)));
    }
    if (good) out.pairs.emplace_back(std::move(decoded[0]), std::move(decoded[1]));
  }
}

bool decode_percent(std::string_view text, std::string& out) {
  return decode(text, false, out) == std::string_view::npos;
}

Response text_response(int status, std::string text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

}  // namespace gnomon::http
