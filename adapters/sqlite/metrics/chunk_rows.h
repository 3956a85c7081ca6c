#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/blocks/metrics/chunk_table.h"
#include "adapters/sqlite/connection.h"
#include "src/base/result.h"
#include "src/model/sample.h"

namespace gnomon::sqlite {

// Rows of a chunk table on their way into it: encoded outside of the transaction, written inside.
class ChunkRows {
 public:
  // Keys ascend. A block without samples deletes the row.
  void add(int64_t key, const model::SampleBlock& block);
  Result<void> write(Connection& connection, const blocks::ChunkTable& table) const;
  bool empty() const { return rows_.empty(); }
  size_t bytes() const { return data_.size(); }
  void clear();

 private:
  struct Row {
    int64_t key;
    size_t begin;
    size_t end;
  };
  std::vector<Row> rows_;
  std::string data_;
};

}  // namespace gnomon::sqlite
