#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/storage/bytes.h"

namespace gnomon::clickhouse {

// ClickHouse's RowBinary format: rows of little-endian numbers and strings with their length.

inline void put_text(std::string& out, std::string_view text) {
  storage::put_varint(out, text.size());
  out += text;
}
inline std::string_view take_text(storage::ByteReader& reader) {
  return reader.take(reader.varint());
}

}  // namespace gnomon::clickhouse
