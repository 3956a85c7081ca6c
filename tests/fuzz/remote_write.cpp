// Any bytes as a write request of either version, compressed and not: no crash, and what is
// accepted keeps the promises of a WriteBatch.
#include "src/wire/remote_write.h"

#include "src/wire/guard.h"
#include "tests/fuzz/batch_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gnomon;
  static wire::RemoteWriteDecoder decoder;
  static model::WriteBatch batch;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const auto kind : {wire::WriteMessage::V1, wire::WriteMessage::V2}) {
    for (const bool compressed : {false, true}) {
      wire::WriteRefusals refusals;
      const auto result = compressed ? decoder.decode(bytes, batch, refusals, kind)
                                     : decoder.decode_message(bytes, batch, refusals, kind);
      fuzz::require(result.ok() || batch.rows.empty());
      fuzz::check(batch);
      wire::guard(batch, 1'000'000, refusals);
      fuzz::check(batch);
    }
  }
  return 0;
}
