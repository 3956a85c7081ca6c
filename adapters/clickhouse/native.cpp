#include "adapters/clickhouse/native.h"

#include <algorithm>
#include <cstring>

#include "src/base/limits.h"
#include "src/storage/bytes.h"

namespace gnomon::clickhouse {
namespace {

constexpr size_t kHeaderBytes = 256;  // of a block and its columns, as a guess

Error damaged() { return {ErrorKind::Internal, "ClickHouse sent an answer that cannot be read"}; }

uint64_t load8(const char* at) {
  uint64_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

size_t width(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::Bytes4:
      return 4;
    case ColumnKind::Bytes8:
    case ColumnKind::NullableArray:
      return 8;
    case ColumnKind::Bytes16:
      return 16;
  }
  return 0;
}

}  // namespace

NativeWriter::NativeWriter(size_t columns, size_t rows) {
  storage::put_varint(bytes_, columns);
  storage::put_varint(bytes_, rows);
}

void NativeWriter::add(std::string_view name, std::string_view type, std::string_view data) {
  storage::put_varint(bytes_, name.size());
  bytes_ += name;
  storage::put_varint(bytes_, type.size());
  bytes_ += type;
  bytes_ += data;
}

NativeReader::NativeReader(std::vector<ColumnKind> kinds, Take take)
    : kinds_(std::move(kinds)), take_(std::move(take)) {}

// True: the first size_ bytes are a block. False: more than needed_ are needed.
Result<bool> NativeReader::parse() {
  block_.offsets.clear();
  storage::ByteReader reader(block_.bytes);
  const auto more = [&](size_t bytes) {
    needed_ = std::max(bytes, block_.bytes.size() + 1);
    block_.bytes.reserve(needed_ + kHeaderBytes);
    return false;
  };
  const uint64_t columns = reader.varint();
  const uint64_t rows = reader.varint();
  if (!reader.ok()) return more(0);
  if (columns != kinds_.size() || rows > base::kClickHouseBlockBytesMax) return damaged();
  block_.rows = rows;
  size_t row_bytes = 0;
  for (const ColumnKind kind : kinds_) row_bytes += width(kind);
  if (block_.bytes.size() < rows * row_bytes) return more(rows * row_bytes);
  for (const ColumnKind kind : kinds_) {
    for (int text = 0; text < 2; ++text) {  // the name and the type
      const uint64_t size = reader.varint();
      if (reader.ok() && size > base::kClickHouseBlockBytesMax) return damaged();
      (void)reader.take(size);
    }
    const size_t at = block_.bytes.size() - reader.left();
    const std::string_view data = reader.take(rows * width(kind));
    if (!reader.ok()) return more(0);
    block_.offsets.push_back(at);
    if (kind != ColumnKind::NullableArray || rows == 0) continue;
    const uint64_t values = load8(data.data() + data.size() - 8);
    if (values > base::kClickHouseBlockBytesMax) return damaged();
    (void)reader.take(values * 9);
    if (!reader.ok()) return more(at + data.size() + values * 9);
  }
  size_ = block_.bytes.size() - reader.left();
  return true;
}

Result<void> NativeReader::feed(std::string_view piece) {
  block_.bytes += piece;
  while (block_.bytes.size() >= needed_) {
    TRY(const bool complete, parse());
    if (!complete) break;
    NativeBlock next;
    next.bytes = block_.bytes.substr(size_);
    block_.bytes.resize(size_);
    std::swap(next, block_);
    needed_ = 1;
    if (next.rows > 0) TRY_VOID(take_(std::move(next)));
  }
  return {};
}

Result<void> NativeReader::finish() const {
  if (!block_.bytes.empty()) return damaged();
  return {};
}

NullableArrays nullable_arrays(const NativeBlock& block, size_t column) {
  const char* const ends = block.column(column);
  const char* const nulls = ends + block.rows * 8;
  const uint64_t values = block.rows == 0 ? 0 : load8(nulls - 8);
  return {ends, nulls, nulls + values};
}

}  // namespace gnomon::clickhouse
