#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/limits.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// Which of ClickHouse's own functions over time may answer for ours: those with the same bits,
// also those that agree to twelve digits, or none.
enum class NativeRollups : uint8_t { Auto, On, Off };

// What a store URL says.
struct Options {
  std::string host;
  uint16_t port = 8123;
  bool secure = false;  // HTTPS
  std::string user;
  std::string password;  // never shown or logged
  std::string database = "gnomon";
  std::string cluster;  // "": tables on the one server
  uint32_t quorum = 0;  // replicas that acknowledge an insert; 0: the server's default
  // How long an insert waits for a server that is away.
  uint32_t insert_retry_seconds = base::kClickHouseInsertRetrySeconds;
  bool verify = true;  // the server's certificate
  NativeRollups native_rollups = NativeRollups::Auto;

  // https://host:8443/: where requests go.
  std::string endpoint() const;

  friend bool operator==(const Options&, const Options&) = default;
};

// `rest` is the URL after "clickhouse:": //user:password@host:port/database?cluster=NAME&secure=1
// &verify=0&insert_quorum=N&insert_retry_seconds=N&native_rollups=auto|on|off, percent-encoded
// where needed. Errors: BadData, which never repeat the password.
Result<Options> parse_options(std::string_view rest);

// "auto", "on", "off".
Result<NativeRollups> parse_native_rollups(std::string_view text);

}  // namespace gnomon::clickhouse
