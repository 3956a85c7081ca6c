#include "adapters/clickhouse/options.h"

#include <charconv>
#include <optional>

namespace gnomon::clickhouse {
namespace {

Error bad(const std::string& what) { return {ErrorKind::BadData, "clickhouse: " + what}; }

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    unsigned char byte = 0;
    const char* const begin = text.data() + i + 1;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(begin, begin + 2, byte, 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    out.push_back(static_cast<char>(byte));
    i += 2;
  }
  return out;
}

template <typename Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// Splits off what follows `mark`.
std::string_view cut(std::string_view& text, std::string_view mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view tail = text.substr(at + mark.size());
  text = text.substr(0, at);
  return tail;
}

Result<bool> parse_switch(const std::string& name, std::string_view value) {
  if (value == "1" || value == "true") return true;
  if (value == "0" || value == "false") return false;
  return bad(name + " must be 0 or 1");
}

Result<void> set(Options& options, const std::string& name, const std::string& value) {
  if (name == "cluster") {
    options.cluster = value;
  } else if (name == "secure") {
    TRY(options.secure, parse_switch(name, value));
  } else if (name == "verify") {
    TRY(options.verify, parse_switch(name, value));
  } else if (name == "insert_quorum") {
    if (!parse_number(value, options.quorum)) return bad("insert_quorum must be a number");
  } else if (name == "insert_retry_seconds") {
    if (!parse_number(value, options.insert_retry_seconds)) return bad(name + " must be a number");
  } else if (name == "native_rollups") {
    TRY(options.native_rollups, parse_native_rollups(value));
  } else {
    return bad("unknown parameter \"" + name +
               "\"; known are: cluster, insert_quorum, insert_retry_seconds, native_rollups, "
               "secure, verify");
  }
  return {};
}

Result<void> set_all(Options& options, std::string_view query) {
  while (!query.empty()) {
    const std::string_view rest = cut(query, "&");
    const std::string_view value = cut(query, "=");
    const auto name_text = percent_decoded(query);
    const auto value_text = percent_decoded(value);
    if (!name_text || !value_text) return bad("bad percent-encoding in the URL's parameters");
    TRY_VOID(set(options, *name_text, *value_text));
    query = rest;
  }
  return {};
}

// user:password@
Result<void> set_user(Options& options, std::string_view user) {
  const std::string_view password = cut(user, ":");
  const auto user_text = percent_decoded(user);
  const auto password_text = percent_decoded(password);
  if (!user_text || !password_text) return bad("bad percent-encoding in user or password");
  options.user = *user_text;
  options.password = *password_text;
  return {};
}

// host:port, [::1]:port
Result<void> set_host(Options& options, std::string_view host, bool& has_port) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port) {
    if (!parse_number(host.substr(colon + 1), options.port)) return bad("bad port in the URL");
    host = host.substr(0, colon);
  }
  if (host.empty()) return bad("the URL needs a host: clickhouse://host:8123/database");
  options.host = host;
  return {};
}

}  // namespace

std::string Options::endpoint() const {
  return (secure ? "https://" : "http://") + host + ":" + std::to_string(port) + "/";
}

Result<NativeRollups> parse_native_rollups(std::string_view text) {
  if (text == "auto") return NativeRollups::Auto;
  if (text == "on") return NativeRollups::On;
  if (text == "off") return NativeRollups::Off;
  return bad("native rollups must be auto, on or off");
}

Result<Options> parse_options(std::string_view rest) {
  if (!rest.starts_with("//")) return bad("the URL must look like clickhouse://host:8123/database");
  rest.remove_prefix(2);
  Options options;
  const std::string_view query = cut(rest, "?");
  const std::string_view path = cut(rest, "/");
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    TRY_VOID(set_user(options, rest.substr(0, at)));
    rest = rest.substr(at + 1);
  }
  bool has_port = false;
  TRY_VOID(set_host(options, rest, has_port));
  const auto database = percent_decoded(path);
  if (!database) return bad("bad percent-encoding in the database's name");
  if (!database->empty()) options.database = *database;
  TRY_VOID(set_all(options, query));
  if (options.secure && !has_port) options.port = 8443;
  return options;
}

}  // namespace gnomon::clickhouse
