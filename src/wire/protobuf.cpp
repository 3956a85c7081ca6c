#include "src/wire/protobuf.h"

namespace gnomon::wire {

bool ProtoReader::read_varint(const char*& at, const char* end, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && at != end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool ProtoReader::next() {
  if (at_ == end_) return false;
  uint64_t tag = 0;
  if (!read_varint(at_, end_, tag)) return fail("unexpected EOF"), false;
  if (tag >> 3 == 0 || tag >> 32 != 0) return fail("proto: illegal tag"), false;
  field_ = static_cast<uint32_t>(tag >> 3);
  type_ = static_cast<uint8_t>(tag & 7);
  const auto left = static_cast<size_t>(end_ - at_);
  scalar_ = 0;
  switch (type_) {
    case kVarint:
      if (!read_varint(at_, end_, scalar_)) fail("unexpected EOF");
      break;
    case kFixed64:
    case kFixed32: {
      const size_t size = type_ == kFixed64 ? 8 : 4;
      if (left < size) return fail("unexpected EOF"), false;
      std::memcpy(&scalar_, at_, size);
      at_ += size;
      break;
    }
    case kBytes: {
      uint64_t size = 0;
      if (!read_varint(at_, end_, size) || size > static_cast<uint64_t>(end_ - at_)) {
        return fail("unexpected EOF"), false;
      }
      bytes_ = {at_, static_cast<size_t>(size)};
      at_ += size;
      break;
    }
    default:
      fail("proto: illegal wireType");
  }
  return fault_.empty();
}

std::string_view ProtoReader::bytes() {
  if (type_ == kBytes) return bytes_;
  fail("proto: wrong wireType");
  return {};
}

}  // namespace gnomon::wire
