#pragma once

#include <cstdint>

#include "adapters/sql/side_data.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/writer.h"
#include "src/base/result.h"

namespace gnomon::sqlite {

// The tables of metadata and exemplars. What they hold is in memory, too; the writer alone calls
// store(), inside its transaction: what the batch has that is new.
class MetadataTable {
 public:
  Result<void> load(Connection& connection, sql::MetadataMap& map);
  Result<void> store(Connection& connection, const Write& write, const sql::MetadataMap& map);
};

// Bounded by kExemplarsMax: the oldest go.
class ExemplarTable {
 public:
  Result<void> load(Connection& connection, sql::ExemplarRing& ring);
  Result<void> store(Connection& connection, const Write& write);

 private:
  int64_t next_id_ = 1;
};

}  // namespace gnomon::sqlite
