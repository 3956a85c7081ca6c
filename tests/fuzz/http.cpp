// Everything of a request that is decoded before a handler sees it, and what handlers read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/gzip.h"
#include "http/json.h"
#include "http/message.h"
#include "http/prometheus/parameters.h"
#include "src/base/text.h"
#include "tests/fuzz/batch_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gnomon;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  http::Parameters parameters;
  http::decode_form(text, parameters);
  std::string decoded;
  http::decode_percent(text, decoded);
  fuzz::require(decoded.size() <= text.size());
  auto time = prometheus::parse_time(text);
  fuzz::require(time.ok() || !time.error().message.empty());
  auto duration = prometheus::parse_duration_ns(text);
  fuzz::require(duration.ok() || !duration.error().message.empty());
  std::string json;
  http::append_json_text(json, text);
  fuzz::require(json.size() >= text.size() + 2 && base::valid_utf8(json));
  constexpr size_t kBytesMax = 1 << 20;
  auto plain = http::decompress_gzip(text, kBytesMax);
  fuzz::require(!plain.ok() || plain->size() <= kBytesMax);
  return 0;
}
