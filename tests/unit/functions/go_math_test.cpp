#include "src/functions/go_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace gnomon::functions {
namespace {

double from_bits(uint64_t bits) { return std::bit_cast<double>(bits); }

struct Golden {
  const char* name;
  double (*function)(double);
  uint64_t argument;
  uint64_t result;
};

// Printed by Go 1.26 on amd64; the C library differs in the last bit of about a third.
const Golden kGoldens[] = {
    {"exp", go::exp, 0x3ff8000000000000, 0x4011ed3fe64fc542},
    {"exp2", go::exp2, 0x3fd3333333333333, 0x3ff3b2c47bff8329},
    {"log", go::log, 0x4008000000000000, 0x3ff193ea7aad030a},
    {"log1p", go::log1p, 0x3fe0000000000000, 0x3fd9f323ecbf984c},
    {"log2", go::log2, 0x4014000000000000, 0x4002934f0979a371},
    {"log10", go::log10, 0x4014000000000000, 0x3fe65df657b04300},
    {"sin", go::sin, 0x4014000000000000, 0xbfeeaf81f5e09933},
    {"cos", go::cos, 0x4014000000000000, 0x3fd22785706b4ada},
    {"tan", go::tan, 0x4014000000000000, 0xc00b0b4b739bbb06},
    {"asin", go::asin, 0x3fd3333333333333, 0x3fd380159e14f6ff},
    {"acos", go::acos, 0x3fd3333333333333, 0x3ff441f5ecbeef58},
    {"atan", go::atan, 0x4014000000000000, 0x3ff5f97315254856},
    {"sinh", go::sinh, 0x3ff8000000000000, 0x400108c3aabd6a61},
    {"cosh", go::cosh, 0x3ff8000000000000, 0x4002d1bc21e22023},
    {"tanh", go::tanh, 0x3ff0000000000000, 0x3fe85efab514f394},
    {"asinh", go::asinh, 0x4008000000000000, 0x3ffd185b507edc0e},
    {"acosh", go::acosh, 0x4008000000000000, 0x3ffc34366179d426},
    {"atanh", go::atanh, 0x3fe0000000000000, 0x3fe193ea7aad030a},
    {"sin of 1e22", go::sin, 0x44b52d02c7e14af6, 0xbfd4bd4cba14452f},
    {"cos of 1e308", go::cos, 0x7fe1ccf385ebc8a0, 0xbfec859a523ff228},
    {"exp of the largest", go::exp, 0x40862e42fefa39ef, 0x7ff0000000000000},
    {"exp of a subnormal", go::exp, 0xc0874910d52d3053, 0},
    {"log2 of a subnormal", go::log2, 0x3, 0xc090c1a8ff971811},
};

TEST(GoMath, HasTheBitsOfGo) {
  for (const Golden& golden : kGoldens) {
    EXPECT_EQ(std::bit_cast<uint64_t>(golden.function(from_bits(golden.argument))), golden.result)
        << golden.name;
  }
  EXPECT_EQ(std::bit_cast<uint64_t>(go::pow(3.4, 2.3)), 0x4030b019c334aef0);
  EXPECT_EQ(std::bit_cast<uint64_t>(go::pow(-3, -5)), 0xbf70db20a88f4696);
  EXPECT_EQ(std::bit_cast<uint64_t>(go::atan2(1, -3)), 0x40068f095fdf593c);
}

TEST(GoMath, IsCloseToTheCLibraryEverywhere) {
  auto close = [](double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    return a == b || std::fabs(a - b) <= 1e-14 * std::fabs(b);
  };
  for (double x = -30; x <= 30; x += 0.0137) {
    EXPECT_TRUE(close(go::exp(x), std::exp(x))) << x;
    EXPECT_TRUE(close(go::exp2(x), std::exp2(x))) << x;
    EXPECT_TRUE(close(go::log(x), std::log(x))) << x;
    EXPECT_TRUE(close(go::sinh(x), std::sinh(x))) << x;
    EXPECT_TRUE(close(go::cosh(x), std::cosh(x))) << x;
    EXPECT_TRUE(close(go::tanh(x), std::tanh(x))) << x;
    EXPECT_TRUE(close(go::atan(x), std::atan(x))) << x;
    EXPECT_TRUE(close(go::pow(x, 3), std::pow(x, 3))) << x;
    EXPECT_TRUE(close(go::pow(x, -1.7), std::pow(x, -1.7))) << x;
    EXPECT_TRUE(close(go::asin(x), std::asin(x))) << x;
    EXPECT_TRUE(close(go::acosh(x), std::acosh(x))) << x;
    EXPECT_NEAR(go::sin(x * 1e9), std::sin(x * 1e9), 1e-15) << x;
    EXPECT_NEAR(go::cos(x), std::cos(x), 1e-15) << x;
  }
}

TEST(GoMath, Limits) {
  EXPECT_EQ(go::log(0), -INFINITY);
  EXPECT_TRUE(std::isnan(go::log(-1)));
  EXPECT_EQ(go::exp(-INFINITY), 0);
  EXPECT_EQ(go::exp(1000), INFINITY);
  EXPECT_TRUE(std::isnan(go::sin(INFINITY)));
  EXPECT_TRUE(std::signbit(go::sinh(-0.0)));
  EXPECT_EQ(go::pow(0, 0), 1);
  EXPECT_EQ(go::pow(-0.0, -3), -INFINITY);
  EXPECT_EQ(go::pow(-INFINITY, 3), -INFINITY);
  EXPECT_EQ(go::pow(-1, INFINITY), 1);
  EXPECT_TRUE(std::isnan(go::pow(-8, 1.0 / 3)));
  EXPECT_EQ(go::atan2(-0.0, -1), -std::acos(-1.0));
  EXPECT_TRUE(std::isnan(go::atanh(1.5)));
}

}  // namespace
}  // namespace gnomon::functions
