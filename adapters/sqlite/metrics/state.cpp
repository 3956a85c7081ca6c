#include "adapters/sqlite/metrics/state.h"

#include <utility>

namespace gnomon::sqlite {

SqliteStore::State::State(std::string path_in, const storage::StoreOptions& options_in,
                          FileLock lock_in, Connection connection)
    : blocks::Memory([this](std::span<const blocks::PageId> ids,
                            const std::stop_token&) { return reader.read(ids); },
                     {.bytes_max = options_in.chunk_cache_bytes}),
      path(std::move(path_in)),
      options(options_in),
      lock(std::move(lock_in)),
      reader(path),
      writer(std::move(connection), index,
             {[this](Connection& c, const Write& write) { return store_extras(c, write); },
              [this](Write& write) { apply(write); }}) {}

Result<void> SqliteStore::State::store_extras(Connection& connection, const Write& write) {
  TRY_VOID(metadata_table.store(connection, write, metadata));
  return exemplar_table.store(connection, write);
}

void SqliteStore::State::apply(Write& write) {
  head.begin_record(write.seq);
  note_log(write.seq, write.record.size());
  blocks::Memory::apply(write);
}

void SqliteStore::State::note_log(uint64_t seq, uint64_t bytes) {
  const std::lock_guard hold(log_mutex_);
  log_sizes_.emplace_back(seq, bytes);
  log_bytes += bytes;
}

void SqliteStore::State::forget_log(uint64_t needed_seq) {
  const std::lock_guard hold(log_mutex_);
  while (!log_sizes_.empty() && log_sizes_.front().first < needed_seq) {
    log_bytes -= log_sizes_.front().second;
    log_sizes_.pop_front();
  }
}

}  // namespace gnomon::sqlite
