#pragma once

#include <string>
#include <vector>

#include "src/wire/remote_write.h"
#include "tests/unit/wire/proto_writer.h"

namespace gnomon::wire {

// Those that are named, as their sender reads them.
inline std::vector<std::string> texts(const model::Refusals& refusals) {
  std::vector<std::string> out;
  for (const model::Refusal& refusal : refusals.named()) out.push_back(to_string(refusal));
  return out;
}

// What a write request became.
struct Decoded {
  model::WriteBatch batch;
  WriteRefusals refusals;
  std::string error;

  std::vector<std::string> series() const {
    std::vector<std::string> out;
    for (const auto& row : batch.rows) out.push_back(to_string(batch.labels(row)));
    return out;
  }
};

inline Decoded decode(const ProtoWriter& request, WriteMessage kind) {
  Decoded out;
  RemoteWriteDecoder decoder;
  const auto result = decoder.decode_message(request.text(), out.batch, out.refusals, kind);
  if (!result.ok()) out.error = result.error().message;
  return out;
}

}  // namespace gnomon::wire
