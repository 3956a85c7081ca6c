#pragma once

#include <cstdint>

#include "adapters/blocks/metrics/side_data.h"
#include "adapters/sqlite/connection.h"
#include "adapters/sqlite/metrics/writer.h"
#include "src/base/result.h"

namespace gnomon::sqlite {

// The tables of metadata and exemplars. What they hold is in memory, too; the writer alone calls
// store(), inside its transaction: what the batch has that is new.
class MetadataTable {
 public:
  Result<void> load(Connection& connection, blocks::MetadataMap& map);
  Result<void> store(Connection& connection, const Write& write, const blocks::MetadataMap& map);
};

// Bounded by kExemplarsMax: the oldest go.
class ExemplarTable {
 public:
  Result<void> load(Connection& connection, blocks::ExemplarRing& ring);
  Result<void> store(Connection& connection, const Write& write);

 private:
  int64_t next_id_ = 1;
};

}  // namespace gnomon::sqlite
