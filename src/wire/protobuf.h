#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace gnomon::wire {

// Reads the fields of one protobuf message in their order. The first fault (a truncated field, a
// wrong wire type) ends the reading: next() is false from then on and fault() says what it was.
//
//   ProtoReader reader(message);
//   while (reader.next()) {
//     switch (reader.field()) {
//       case 1: name = reader.bytes(); break;
//     }                                     // a field that is not asked for is skipped
//   }
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  bool next();
  uint32_t field() const { return field_; }

  // The value of the current field; a fault when its wire type is another one.
  uint64_t varint() { return scalar(kVarint); }
  int64_t zigzag() {
    const uint64_t v = varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
  }
  double float64() { return std::bit_cast<double>(scalar(kFixed64)); }
  std::string_view bytes();

  // A repeated scalar, packed or not: calls add(double), add(int64_t) or add(uint64_t) for each.
  template <typename Add>
  void float64s(Add add);
  template <typename Add>
  void zigzags(Add add);
  template <typename Add>
  void varints(Add add);

  std::string_view fault() const { return fault_; }
  void fail(std::string_view fault) {
    if (fault_.empty()) fault_ = fault;
    at_ = end_;
  }

  // Reads a varint at `at`; false when there is none before `end`.
  static bool read_varint(const char*& at, const char* end, uint64_t& value);

 private:
  enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  uint64_t scalar(WireType type) {
    if (type_ == type) return scalar_;
    fail("proto: wrong wireType");
    return 0;
  }

  const char* at_;
  const char* end_;
  uint32_t field_ = 0;
  uint8_t type_ = 0;
  uint64_t scalar_ = 0;
  std::string_view bytes_;
  std::string_view fault_;
};

template <typename Add>
void ProtoReader::float64s(Add add) {
  if (type_ != kBytes) return add(float64());
  if (bytes_.size() % sizeof(double) != 0) return fail("unexpected EOF");
  for (size_t i = 0; i < bytes_.size(); i += sizeof(double)) {
    double v;
    std::memcpy(&v, bytes_.data() + i, sizeof(v));
    add(v);
  }
}

template <typename Add>
void ProtoReader::zigzags(Add add) {
  varints([&](uint64_t v) { add(static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1)); });
}

template <typename Add>
void ProtoReader::varints(Add add) {
  if (type_ != kBytes) return add(varint());
  const char* at = bytes_.data();
  const char* const end = at + bytes_.size();
  while (at != end) {
    uint64_t v = 0;
    if (!read_varint(at, end, v)) return fail("unexpected EOF");
    add(v);
  }
}

}  // namespace gnomon::wire
