#include "http/prometheus/escaping.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <vector>

#include "src/base/text.h"
#include "src/model/labels.h"

namespace gnomon::prometheus {
namespace {

// In the order of Escaping.
constexpr std::string_view kTexts[] = {"underscores", "allow-utf-8", "dots", "values"};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The part before the first `separator`, trimmed; `text` is left with what follows.
std::string_view take_until(std::string_view& text, char separator) {
  size_t end = std::min(text.find(separator), text.size());
  std::string_view part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

// One of the types of an Accept header.
struct Wish {
  bool text = false;  // text/plain in a version that we speak
  double quality = 1;
  std::optional<Escaping> escaping;
};

Wish parse_wish(std::string_view type) {
  Wish wish;
  bool plain = take_until(type, ';') == "text/plain";
  bool known_version = true;
  while (!type.empty()) {
    std::string_view value = take_until(type, ';');
    std::string_view key = take_until(value, '=');
    value = trimmed(value);
    if (key == "q") wish.quality = base::parse_float(value).value_or(0);
    if (key == "version") known_version = value == "0.0.4" || value == "1.0.0";
    if (key != "escaping") continue;
    const auto* row = std::find(std::begin(kTexts), std::end(kTexts), value);
    if (row != std::end(kTexts)) wish.escaping = static_cast<Escaping>(row - std::begin(kTexts));
  }
  wish.text = plain && known_version;
  return wish;
}

size_t bytes_of_character(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return std::min(bytes, text.size());
}

uint32_t code_point(std::string_view character) {
  auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead;
  uint32_t code = lead & (0x7f >> character.size());
  for (char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3f);
  return code;
}

// The escape of one character that may not stand as it is; "_" may, but is doubled.
std::string escape(std::string_view character, Escaping escaping) {
  if (escaping == Escaping::Underscores) return "_";
  if (character == "_") return "__";
  if (escaping == Escaping::Dots) return character == "." ? "_dot_" : "__";
  char hex[8];
  char* end = std::to_chars(std::begin(hex), std::end(hex), code_point(character), 16).ptr;
  return '_' + std::string(hex, end) + '_';
}

bool is_plain(std::string_view character, bool first, bool metric) {
  char c = character[0];
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  bool digit = c >= '0' && c <= '9';
  return letter || (digit && !first) || (c == ':' && metric);
}

std::string escaped(std::string_view name, Escaping escaping, bool metric) {
  bool legacy = metric ? model::legacy_metric_name(name) : model::legacy_label_name(name);
  if (legacy) return std::string(name);
  std::string out;
  if (escaping == Escaping::Utf8) {
    out += '"';
    for (char c : name) {
      if (c == '\\' || c == '"') out += '\\';
      out += c == '\n' ? "\\n" : std::string_view(&c, 1);
    }
    return out + '"';
  }
  if (escaping == Escaping::Values) out = "U__";
  for (bool first = true; !name.empty(); first = false) {
    std::string_view character = name.substr(0, bytes_of_character(name));
    name.remove_prefix(character.size());
    if (is_plain(character, first, metric)) {
      out += character;
    } else {
      out += escape(character, escaping);
    }
  }
  return out;
}

}  // namespace

Escaping requested_escaping(std::string_view accept) {
  std::vector<Wish> wishes;
  while (!accept.empty()) wishes.push_back(parse_wish(take_until(accept, ',')));
  std::stable_sort(wishes.begin(), wishes.end(),
                   [](const Wish& a, const Wish& b) { return a.quality > b.quality; });
  // Each type's word counts for those after it, too, up to the first that we can serve.
  auto escaping = Escaping::Underscores;
  for (const Wish& wish : wishes) {
    escaping = wish.escaping.value_or(escaping);
    if (wish.text) break;
  }
  return escaping;
}

std::string_view escaping_text(Escaping escaping) { return kTexts[static_cast<size_t>(escaping)]; }

std::string escaped_metric_name(std::string_view name, Escaping escaping) {
  return escaped(name, escaping, true);
}

std::string escaped_label_name(std::string_view name, Escaping escaping) {
  return escaped(name, escaping, false);
}

}  // namespace gnomon::prometheus
