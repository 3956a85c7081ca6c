#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "src/base/result.h"
#include "src/model/write_batch.h"
#include "src/wire/refusals.h"

namespace gnomon::wire {

enum class WriteMessage : uint8_t {
  V1,  // prometheus.WriteRequest
  V2,  // io.prometheus.write.v2.Request, see write_v2.h
};

// Decodes requests of Prometheus' Remote Write 1.0 and 2.0: snappy blocks of protobuf messages.
// Keeps its buffer from request to request. One thread at a time.
class RemoteWriteDecoder {
 public:
  // Replaces the contents of `batch`, adds to `refusals`. BadData when the body is not snappy, not
  // such a message, or larger than kWriteBytesDecodedMax; the batch is then empty.
  // Values are bit-exact. Of 1.0: labels are sorted, empty values dropped; rows without samples,
  // histograms and exemplars are left out. Invalid histograms are refused with Prometheus' texts.
  Result<void> decode(std::string_view body, model::WriteBatch& batch, WriteRefusals& refusals,
                      WriteMessage kind = WriteMessage::V1);

  // The same for a message that is not compressed.
  Result<void> decode_message(std::string_view message, model::WriteBatch& batch,
                              WriteRefusals& refusals, WriteMessage kind = WriteMessage::V1);

 private:
  Result<void> decode_buffer(size_t size, model::WriteBatch& batch, WriteRefusals& refusals,
                             WriteMessage kind);
  void reserve(size_t size);

  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
};

}  // namespace gnomon::wire
