// Any bytes as a read request, as they are and compressed: no crash, and matchers that
// can be used.
#include "src/wire/remote_read.h"

#include <snappy.h>

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gnomon;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)wire::decode_read_request(bytes).ok();
  std::string compressed;
  snappy::Compress(bytes.data(), bytes.size(), &compressed);
  const auto queries = wire::decode_read_request(compressed);
  if (!queries.ok()) return 0;
  for (const auto& query : *queries) {
    for (const auto& matcher : query.matchers) (void)matcher.matches(matcher.name());
  }
  return 0;
}
