#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace gnomon::clickhouse {

// ClickHouse's Native format, both ways: blocks of columns whose numbers lie as they do in memory.

// A block that is written. All columns have the same number of rows.
class NativeWriter {
 public:
  explicit NativeWriter(size_t columns, size_t rows);
  // `data`: the numbers of a fixed-width column.
  void add(std::string_view name, std::string_view type, std::string_view data);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// What a column of an answer holds.
enum class ColumnKind : uint8_t { Bytes4, Bytes8, Bytes16, NullableArray };

// A block that was read. Numbers lie unaligned in `bytes`.
struct NativeBlock {
  std::string bytes;
  size_t rows = 0;
  std::vector<size_t> offsets;  // where the data of each column begins

  const char* column(size_t number) const { return bytes.data() + offsets[number]; }
};

// Appends a column of 8-byte numbers to `out`.
template <typename T>
void add_column(const NativeBlock& block, size_t number, std::vector<T>& out) {
  static_assert(sizeof(T) == 8);
  const size_t size = out.size();
  out.resize(size + block.rows);
  std::memcpy(out.data() + size, block.column(number), block.rows * 8);
}

// Puts an answer together from its pieces. One thread.
class NativeReader {
 public:
  using Take = std::function<Result<void>(NativeBlock block)>;
  NativeReader(std::vector<ColumnKind> kinds, Take take);

  // Hands over the blocks that are complete now.
  Result<void> feed(std::string_view piece);
  // After the last piece.
  Result<void> finish() const;

 private:
  Result<bool> parse();

  const std::vector<ColumnKind> kinds_;
  const Take take_;
  NativeBlock block_;
  size_t size_ = 0;    // of the complete block, once known
  size_t needed_ = 1;  // bytes without which looking again is no use
};

// Columns of a NullableArray: `rows` arrays, of which number i ends at ends[i].
struct NullableArrays {
  const char* ends;    // 8 bytes each
  const char* nulls;   // 1 byte each; not 0: no value
  const char* values;  // 8 bytes each
};
NullableArrays nullable_arrays(const NativeBlock& block, size_t column);

}  // namespace gnomon::clickhouse
