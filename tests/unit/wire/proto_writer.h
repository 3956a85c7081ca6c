#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace gnomon::wire {

// Writes protobuf fields; the counterpart of ProtoReader for tests.
class ProtoWriter {
 public:
  ProtoWriter& varint(uint32_t field, uint64_t v) { return tag(field, 0).raw_varint(v); }
  ProtoWriter& zigzag(uint32_t field, int64_t v) { return varint(field, fold(v)); }
  ProtoWriter& float64(uint32_t field, double v) {
    return tag(field, 1).fixed(std::bit_cast<uint64_t>(v), 8);
  }
  ProtoWriter& fixed32(uint32_t field, uint32_t v) { return tag(field, 5).fixed(v, 4); }
  ProtoWriter& bytes(uint32_t field, std::string_view v) {
    tag(field, 2).raw_varint(v.size());
    out_.append(v);
    return *this;
  }
  ProtoWriter& message(uint32_t field, const ProtoWriter& m) { return bytes(field, m.out_); }
  ProtoWriter& tag(uint32_t field, uint32_t type) { return raw_varint(field << 3 | type); }
  ProtoWriter& raw_varint(uint64_t v) {
    for (; v >= 0x80; v >>= 7) out_.push_back(static_cast<char>(v | 0x80));
    out_.push_back(static_cast<char>(v));
    return *this;
  }
  ProtoWriter& fixed(uint64_t v, int size) {
    for (int i = 0; i < size; ++i) out_.push_back(static_cast<char>(v >> (8 * i)));
    return *this;
  }
  static uint64_t fold(int64_t v) {
    return static_cast<uint64_t>(v) << 1 ^ static_cast<uint64_t>(v >> 63);
  }
  const std::string& text() const { return out_; }

 private:
  std::string out_;
};

inline ProtoWriter wire_label(std::string_view name, std::string_view value) {
  return ProtoWriter().bytes(1, name).bytes(2, value);
}
inline ProtoWriter wire_sample(double value, int64_t time_ms) {
  return ProtoWriter().float64(1, value).varint(2, static_cast<uint64_t>(time_ms));
}

}  // namespace gnomon::wire
