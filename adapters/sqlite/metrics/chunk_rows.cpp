#include "adapters/sqlite/metrics/chunk_rows.h"

#include "src/storage/metrics/chunk_list.h"

namespace gnomon::sqlite {

void ChunkRows::add(int64_t key, const model::SampleBlock& block) {
  const size_t begin = data_.size();
  if (!block.empty()) storage::encode_chunks(block, data_);
  rows_.push_back({key, begin, data_.size()});
}

Result<void> ChunkRows::write(Connection& connection, const blocks::ChunkTable& table) const {
  const std::string name(table.name);
  TRY(Query put,
      connection.prepare("INSERT OR REPLACE INTO " + name + "(key, data) VALUES (?1, ?2)"));
  TRY(Query erase, connection.prepare("DELETE FROM " + name + " WHERE key = ?1"));
  const std::string_view data(data_);
  for (const Row& row : rows_) {
    Query& query = row.begin == row.end ? erase : put;
    query.bind(1, row.key);
    if (row.begin != row.end) query.bind_blob(2, data.substr(row.begin, row.end - row.begin));
    TRY_VOID(query.run());
  }
  return {};
}

void ChunkRows::clear() {
  rows_.clear();
  data_.clear();
}

}  // namespace gnomon::sqlite
