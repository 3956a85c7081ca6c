#pragma once

#include <cstddef>
#include <cstdint>

#include "src/base/limits.h"

namespace gnomon::storage {

// How a store is opened. What a backend has no use for it leaves alone.
struct StoreOptions {
  // Windows whose newest possible sample is older than the newest sample of the store minus this
  // are deleted. 0: never.
  int64_t retention_ms = 15LL * 24 * 3600 * 1000;
  // A window is sealed when the newest sample is this far past its end.
  int64_t seal_grace_ms = 600'000;
  // A day is merged when the newest sample is this far past its end.
  int64_t day_merge_after_ms = 26LL * 3600 * 1000;
  // A log that grows beyond this is sealed away, whatever the age of its windows.
  size_t log_bytes_max = 96u << 20;
  // Compressed chunks kept in memory for reading.
  size_t chunk_cache_bytes = base::kChunkCacheBytes;
  // Seal, merge and expire on a thread of the store. Tests turn it off and call maintain().
  bool background = true;
};

}  // namespace gnomon::storage
