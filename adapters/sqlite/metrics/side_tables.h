#pragma once

#include <cstdint>

#include "adapters/blocks/metrics/side_data.h"
#include "adapters/blocks/metrics/write.h"
#include "adapters/sqlite/connection.h"
#include "src/base/result.h"

namespace gnomon::sqlite {

// The tables of metadata and exemplars. What they hold is in memory, too. store(): what a write has
// that is new; in the transaction of the write, one thread at a time.
class MetadataTable {
 public:
  Result<void> load(Connection& connection, blocks::MetadataMap& map);
  Result<void> store(Connection& connection, const blocks::Write& write,
                     const blocks::MetadataMap& map);
};

// Bounded by kExemplarsMax: the oldest go.
class ExemplarTable {
 public:
  Result<void> load(Connection& connection, blocks::ExemplarRing& ring);
  Result<void> store(Connection& connection, const blocks::Write& write);

 private:
  int64_t next_id_ = 1;
};

}  // namespace gnomon::sqlite
