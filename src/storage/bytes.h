#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// The bytes inside a chunk: little-endian numbers, varints (seven bits a byte, low first) and
// zigzag for signed ones.
namespace gnomon::storage {

static_assert(std::endian::native == std::endian::little);

inline uint64_t zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
inline int64_t unzigzag(uint64_t v) { return static_cast<int64_t>((v >> 1) ^ (~(v & 1) + 1)); }

inline size_t varint_size(uint64_t v) { return static_cast<size_t>(std::bit_width(v | 1) + 6) / 7; }
inline void put_varint(std::string& out, uint64_t v) {
  while (v >= 128) {
    out.push_back(static_cast<char>(v | 128));
    v >>= 7;
  }
  out.push_back(static_cast<char>(v));
}
inline void put_signed(std::string& out, int64_t v) { put_varint(out, zigzag(v)); }
inline void put_byte(std::string& out, uint8_t v) { out.push_back(static_cast<char>(v)); }
template <typename T>
void put_fixed(std::string& out, T v) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &v, sizeof(T));
  out.append(bytes, sizeof(T));
}

// Reads forward and never past the end: what is missing reads as zero and makes ok() false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool ok() const { return ok_; }
  void fail() { ok_ = false; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  uint8_t byte() { return left() > 0 ? static_cast<uint8_t>(*at_++) : missing(); }
  uint64_t varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && left() > 0; shift += 7) {
      const uint8_t next = static_cast<uint8_t>(*at_++);
      v |= static_cast<uint64_t>(next & 127) << shift;
      if (next < 128) return v;
    }
    return missing();
  }
  int64_t signed_varint() { return unzigzag(varint()); }
  template <typename T>
  T fixed() {
    T v{};
    if (left() < sizeof(T)) return static_cast<T>(missing());
    std::memcpy(&v, at_, sizeof(T));
    at_ += sizeof(T);
    return v;
  }
  // The next `size` bytes; empty when there are fewer.
  std::string_view take(size_t size) {
    if (left() < size) {
      missing();
      return {};
    }
    at_ += size;
    return {at_ - size, size};
  }

 private:
  uint8_t missing() {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace gnomon::storage
