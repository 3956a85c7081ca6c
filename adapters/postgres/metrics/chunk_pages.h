#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/blocks/metrics/chunk_cache.h"
#include "adapters/blocks/metrics/chunk_table.h"
#include "adapters/postgres/connection.h"
#include "src/base/result.h"
#include "src/model/sample.h"

namespace gnomon::postgres {

// Format of a page, the column data of a chunk table:
//
//   byte     1
//   members  page_series bits as in the column of that name, the first series lowest
//   sizes    a varint for each member: the bytes of its chunks
//   chunks   of the members, ascending, each a list of storage's chunk_list.h

// Reads pages: one round trip for all of them. A page without a row is empty.
Result<std::vector<blocks::ChunkPagePtr>> read_pages(Connection& connection,
                                                     const std::string& schema,
                                                     std::span<const blocks::PageId> ids);

// Of a window: by series id, whether it has samples there.
Result<std::vector<bool>> read_members(Connection& connection, const std::string& schema,
                                       const blocks::ChunkTable& table, int64_t window);

// The pages of one window on their way into its table.
class PageWriter {
 public:
  PageWriter(Connection& connection, const std::string& schema, const blocks::ChunkTable& table,
             int64_t window);

  // Series ascend. Without chunks the series has no samples in the window.
  Result<void> add(uint32_t series, std::string_view chunks);
  // Writes what is left.
  Result<void> finish();
  // Pages that exist in the table are replaced. Before the first add().
  void replace() { replace_ = true; }
  uint64_t chunks() const { return chunks_; }

 private:
  void close_page();
  Result<void> flush();

  Connection& connection_;
  const std::string part_;
  const blocks::ChunkTable& table_;
  const int64_t window_;
  bool replace_ = false;
  uint64_t chunks_ = 0;
  uint32_t first_ = 0;
  std::string sizes_;
  std::string members_;
  std::string data_;
  CopyData rows_;
  std::vector<uint32_t> pages_;  // in rows_
};

}  // namespace gnomon::postgres
