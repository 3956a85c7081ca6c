#include "src/storage/integer_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace gnomon::storage {
namespace {

using Numbers = std::vector<int64_t>;

std::string encoded(const Numbers& numbers) {
  std::string out;
  encode_integers(numbers, out);
  return out;
}

// Decodes with and without bytes behind the numbers: unpacking must not need them.
void expect_round_trip(const Numbers& numbers) {
  const std::string bytes = encoded(numbers);
  for (const size_t behind : {0, 3, 100}) {
    const std::string padded = bytes + std::string(behind, '\xff');
    ByteReader reader(padded);
    IntegerDecoder decoder(reader, numbers.size());
    Numbers decoded;
    int64_t block[kPackedMax];
    while (const size_t n = decoder.next(block)) decoded.insert(decoded.end(), block, block + n);
    ASSERT_TRUE(reader.ok());
    ASSERT_EQ(reader.left(), behind);
    ASSERT_EQ(decoded, numbers);
  }
}

TEST(BitPacking, EveryWidthAndCount) {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    for (size_t count = 1; count <= kPackedMax; ++count) {
      std::vector<uint64_t> numbers(count);
      for (uint64_t& number : numbers) number = random();
      std::string bytes = "x";
      pack_bits(numbers, width, bytes);
      ASSERT_EQ(bytes.size(), 1 + packed_size(count, width));
      const std::string exact = bytes.substr(1);
      uint64_t out[kPackedMax];
      unpack_bits(exact, 0, count, width, out);
      const std::string longer = exact + std::string(80, '\xff');
      uint64_t padded[kPackedMax];
      unpack_bits(std::string_view(longer).substr(0, exact.size()), 80, count, width, padded);
      for (size_t i = 0; i < count; ++i) {
        const uint64_t expected = width == 64 ? numbers[i] : numbers[i] & ((1ull << width) - 1);
        ASSERT_EQ(out[i], expected) << width << " bits, " << i << " of " << count;
        ASSERT_EQ(padded[i], expected) << width << " bits, " << i << " of " << count;
      }
    }
  }
}

TEST(IntegerCodec, EveryLength) {
  std::mt19937_64 random(2);
  for (size_t count = 1; count <= 300; ++count) {
    Numbers numbers(count);
    for (int64_t& number : numbers) number = static_cast<int64_t>(random() % 1000);
    expect_round_trip(numbers);
  }
}

TEST(IntegerCodec, EveryMagnitudeAndShape) {
  std::mt19937_64 random(3);
  for (unsigned bits = 0; bits <= 64; ++bits) {
    const uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;
    Numbers flat, sums, curves;
    uint64_t sum = 0, slope = 0, curve = 0;
    for (int i = 0; i < 400; ++i) {
      const uint64_t step = random() & mask;
      sum += step;
      slope += step;
      curve += slope;
      flat.push_back(static_cast<int64_t>(step - mask / 2));
      sums.push_back(static_cast<int64_t>(sum));
      curves.push_back(static_cast<int64_t>(curve));
    }
    expect_round_trip(flat);
    expect_round_trip(sums);
    expect_round_trip(curves);
  }
}

TEST(IntegerCodec, OutliersOnBothSides) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 300; ++round) {
    Numbers numbers(200);
    for (int64_t& number : numbers) {
      number = static_cast<int64_t>(random() % 16);
      if (random() % 30 == 0) number = static_cast<int64_t>(random()) >> (random() % 64);
    }
    expect_round_trip(numbers);
  }
}

TEST(IntegerCodec, Limits) {
  const int64_t low = std::numeric_limits<int64_t>::min();
  const int64_t high = std::numeric_limits<int64_t>::max();
  expect_round_trip({low});
  expect_round_trip({high, low});
  expect_round_trip({low, high, low, high, 0, -1, 1, low, low, high});
}

TEST(IntegerCodec, SteadyNumbersCostNothing) {
  Numbers constant(5000, -77);
  Numbers line;
  for (int i = 0; i < 5000; ++i) line.push_back(1'000'000 + 15'000 * int64_t{i});
  expect_round_trip(constant);
  expect_round_trip(line);
  EXPECT_EQ(encoded(constant).size(), 3u);
  EXPECT_LT(encoded(line).size(), 20u);
}

TEST(IntegerCodec, AFewOutliersArePatched) {
  Numbers numbers;
  for (int i = 0; i < 129; ++i) numbers.push_back(i % 4);
  const size_t smooth = encoded(numbers).size();
  numbers[50] = 1'000'000;
  numbers[70] = -1'000'000;
  EXPECT_LT(encoded(numbers).size(), smooth + 12);
  expect_round_trip(numbers);
}

TEST(IntegerCodec, CutBytesAreNoticed) {
  std::mt19937_64 random(5);
  Numbers numbers(300);
  for (int64_t& number : numbers) number = static_cast<int64_t>(random());
  const std::string bytes = encoded(numbers);
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteReader reader(std::string_view(bytes).substr(0, size));
    IntegerDecoder decoder(reader, numbers.size());
    int64_t block[kPackedMax];
    size_t decoded = 0;
    while (const size_t n = decoder.next(block)) decoded += n;
    EXPECT_EQ(decoded, numbers.size());
    EXPECT_FALSE(reader.ok()) << size;
  }
}

}  // namespace
}  // namespace gnomon::storage
