#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/blocks/metrics/chunk_cache.h"
#include "adapters/sqlite/connection.h"

namespace gnomon::sqlite {

// Reads pages of chunks from the file, on connections that it keeps. Any thread.
class ChunkReader {
 public:
  explicit ChunkReader(std::string path);
  ~ChunkReader();

  // Canceled soon after the stop fires.
  Result<std::vector<blocks::ChunkPagePtr>> read(std::span<const blocks::PageId> ids,
                                                 const std::stop_token& stop);

 private:
  struct Session;
  Result<std::unique_ptr<Session>> session();
  Result<blocks::ChunkPagePtr> read(Session& session, const blocks::PageId& id);

  const std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_;
};

}  // namespace gnomon::sqlite
