#pragma once

#include <functional>
#include <vector>

#include "adapters/sqlite/metrics/chunk_rows.h"
#include "adapters/sqlite/metrics/state.h"

namespace gnomon::sqlite {

// Moves windows of the head into chunks. Used by one thread at a time, with state.maintenance held.
class Sealer {
 public:
  using Ripe = std::function<bool(const storage::HeadWindow&)>;
  explicit Sealer(State& state) : state_(state) {}

  // Seals the ripe windows, and those an earlier error left behind, and frees the log below them.
  // Writers wait for a piece of a window at most. Canceled between two pieces: the next call seals
  // the rest.
  Result<void> seal(const Ripe& ripe, const std::stop_token& stop);

 private:
  Result<void> seal_window(const storage::HeadWindow& window, const std::stop_token& stop);
  Result<void> encode_piece(const storage::HeadWindow& window, bool reopened, uint32_t begin,
                            uint32_t end);
  Result<void> finish(Connection& connection, const storage::HeadWindow& window);
  uint64_t needed_seq(const storage::HeadWindow& window);

  State& state_;
  ChunkRows rows_;
  model::SampleBlock block_;
};

}  // namespace gnomon::sqlite
