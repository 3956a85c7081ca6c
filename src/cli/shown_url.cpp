#include "src/cli/shown_url.h"

#include <algorithm>

namespace gnomon::cli {
namespace {

constexpr std::string_view kHidden = "xxxxx";

// "user:secret@host/..." -> "user:xxxxx@host/...". The last '@' ends it: a secret may have one,
// too.
std::string without_secret(std::string_view authority) {
  const size_t at = authority.rfind('@');
  const size_t colon = authority.substr(0, at).find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos) {
    return std::string(authority);
  }
  std::string shown(authority.substr(0, colon + 1));
  shown += kHidden;
  return shown += authority.substr(at);
}

}  // namespace

std::string shown_url(std::string_view url) {
  std::string shown;
  const size_t query = std::min(url.find('?'), url.size());
  const size_t scheme = url.substr(0, query).find("://");
  if (scheme == std::string_view::npos) {
    shown = url.substr(0, query);
  } else {
    shown = url.substr(0, scheme + 3);
    shown += without_secret(url.substr(scheme + 3, query - scheme - 3));
  }
  for (std::string_view rest = url.substr(query); !rest.empty();) {
    const size_t end = std::min(rest.find('&', 1), rest.size());
    const std::string_view pair = rest.substr(0, end);  // with the '?' or '&' before it
    const std::string_view name = pair.substr(1, pair.find('=') - 1);
    shown += name.ends_with("password")
                 ? std::string(pair.substr(0, 1)) + std::string(name) + "=" + std::string(kHidden)
                 : std::string(pair);
    rest.remove_prefix(end);
  }
  return shown;
}

}  // namespace gnomon::cli
