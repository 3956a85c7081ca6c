#include "src/storage/metrics/number_conversion.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <vector>

namespace gnomon::storage {
namespace {

// Whatever instructions it uses: the bits are those of a plain division.
TEST(NumberConversion, EqualsPlainDivision) {
  std::mt19937_64 random(1);
  for (const double power : {1.0, 10.0, 1e3, 1e9, 1e15}) {
    for (size_t count = 0; count < 70; ++count) {
      std::vector<int64_t> integers(count);
      for (int64_t& integer : integers) {
        integer = static_cast<int64_t>(random()) >> (random() % 64);
      }
      std::vector<double> out(count + 1, 7.0);
      to_doubles(integers.data(), count, power, out.data());
      for (size_t i = 0; i < count; ++i) {
        const double expected = static_cast<double>(integers[i]) / power;
        ASSERT_EQ(std::bit_cast<uint64_t>(out[i]), std::bit_cast<uint64_t>(expected));
      }
      ASSERT_EQ(out[count], 7.0);
    }
  }
}

}  // namespace
}  // namespace gnomon::storage
