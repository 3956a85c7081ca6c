#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "src/storage/bit_packing.h"
#include "src/storage/bytes.h"

namespace gnomon::storage {

// Integers of any size in blocks of up to 128. Each block is predicted in the way that packs best:
//   Value       the number itself, less the last of the block before
//   Delta       the difference to the number before
//   DeltaDelta  the difference to the difference before
// less the block's base, in as many bits as most need; the few that need more are patched. All
// arithmetic is modulo 2^64, so every sequence of numbers survives.
//
//   first number (signed varint), then for each block
//   byte    kind (2 bits) | patches << 2;  kind 3: all that follow repeat the difference before
//   byte    width in bits
//   signed  base
//   packed numbers, low `width` bits of each
//   for each patch: position (byte), bits above `width` (signed varint)
void encode_integers(std::span<const int64_t> numbers, std::string& out);

// Reads what encode_integers wrote, block by block. The reader must outlive it. Damaged bytes give
// any numbers, or make reader.ok() false and all further numbers 0.
class IntegerDecoder {
 public:
  IntegerDecoder(ByteReader& reader, size_t count);

  // The next min(kPackedMax, left) numbers into `out` (room for kPackedMax); their count, 0 at the
  // end.
  size_t next(int64_t* out);

 private:
  void read_block(size_t count, uint64_t* out);

  ByteReader& reader_;
  size_t left_;
  uint64_t last_ = 0;   // the number before
  uint64_t delta_ = 0;  // and its difference
  bool started_ = false;
  bool steady_ = false;  // the rest repeats delta_
};

}  // namespace gnomon::storage
