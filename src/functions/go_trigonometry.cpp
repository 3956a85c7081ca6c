#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "src/functions/go_math.h"
#include "src/model/sample.h"

namespace gnomon::functions::go {
namespace {

using model::kNaN;

constexpr double kPi = 3.14159265358979323846;

template <size_t kSize>
double polynomial(double x, const std::array<double, kSize>& coefficients) {
  double y = coefficients[0];
  for (size_t i = 1; i < kSize; ++i) y = y * x + coefficients[i];
  return y;
}

// An angle as a multiple of pi/4, even, and the rest in [-pi/4, pi/4].
struct Reduced {
  uint64_t octant = 0;
  double rest = 0;
};

// 4/pi in binary: the first word is its integer part.
constexpr std::array<uint64_t, 20> kFourOverPi = {
    0x0000000000000001, 0x45f306dc9c882a53, 0xf84eafa3ea69bb81, 0xb6c52b3278872083,
    0xfca2c757bd778ac3, 0x6e48dc74849ba5c0, 0x0c925dd413a32439, 0xfc3bd63962534e7d,
    0xd1046bea5d768909, 0xd338e04d68befc82, 0x7323ac7306a673e9, 0x3908bf177bf25076,
    0x3ff12fffbc0b301f, 0xde5e2316b414da3e, 0xda6cfd9e4f96136e, 0x9e8c7ecd3cbfd45a,
    0xea4f758fd7cbe2f6, 0x7a0e73ef14a525d4, 0xd7f6bf623f1aba10, 0xac06608df8f6d757};

// Payne and Hanek: multiplies with just those 192 bits of 4/pi that decide.
Reduced reduce_large(double x) {
  constexpr int kShift = 52, kBias = 1023;
  using Wide = unsigned __int128;
  const auto raw = std::bit_cast<uint64_t>(x);
  const int exponent = static_cast<int>(raw >> kShift & 0x7ff) - kBias - kShift;
  const uint64_t mantissa = (raw & 0x000fffffffffffff) | (1ull << kShift);
  const auto position = static_cast<unsigned>(exponent + 61);
  const unsigned digit = position / 64, shift = position % 64;
  auto word = [&](unsigned i) {
    if (shift == 0) return kFourOverPi[digit + i];
    return (kFourOverPi[digit + i] << shift) | (kFourOverPi[digit + i + 1] >> (64 - shift));
  };
  const auto low_part = static_cast<uint64_t>((Wide{word(2)} * mantissa) >> 64);
  const Wide product = Wide{word(1)} * mantissa + low_part + (Wide{word(0) * mantissa} << 64);
  auto high = static_cast<uint64_t>(product >> 64);
  const auto low = static_cast<uint64_t>(product);
  Reduced reduced{high >> 61, 0};
  high = high << 3 | low >> 61;
  const auto zeros = static_cast<unsigned>(std::countl_zero(high));
  const auto biased = static_cast<uint64_t>(kBias - static_cast<int>(zeros + 1));
  high = (high << (zeros + 1)) | (low >> (64 - (zeros + 1)));
  high >>= 64 - kShift;
  high |= biased << kShift;
  double z = std::bit_cast<double>(high);
  if (reduced.octant & 1) {
    reduced.octant = (reduced.octant + 1) & 7;
    z -= 1;
  }
  reduced.rest = z * (kPi / 4);
  return reduced;
}

// x >= 0.
Reduced reduce(double x) {
  constexpr double kFourOverPiRounded = 1.27323954473516268615;
  if (x >= 0x1p29) return reduce_large(x);
  auto octant = static_cast<uint64_t>(x * kFourOverPiRounded);
  if (octant & 1) ++octant;
  const auto y = static_cast<double>(octant);
  // pi/4 in three parts, of which the first products are exact.
  const double rest = ((x - y * 7.85398125648498535156e-1) - y * 3.77489470793079817668e-8) -
                      y * 2.69515142907905952645e-15;
  return {octant & 7, rest};
}

double sine_near_zero(double z) {
  const double zz = z * z;
  return z + z * zz *
                 polynomial<6>(zz, {1.58962301576546568060e-10, -2.50507477628578072866e-8,
                                    2.75573136213857245213e-6, -1.98412698295895385996e-4,
                                    8.33333333332211858878e-3, -1.66666666666666307295e-1});
}

double cosine_near_zero(double z) {
  const double zz = z * z;
  return 1.0 - 0.5 * zz +
         zz * zz *
             polynomial<6>(zz, {-1.13585365213876817300e-11, 2.08757008419747316778e-9,
                                -2.75573141792967388112e-7, 2.48015872888517045348e-5,
                                -1.38888888888730564116e-3, 4.16666666666665929218e-2});
}

// 0 <= x <= 0.66
double small_atan(double x) {
  const double z = x * x;
  const double y = z *
                   polynomial<5>(z, {-8.750608600031904122785e-01, -1.615753718733365076637e+01,
                                     -7.500855792314704667340e+01, -1.228866684490136173410e+02,
                                     -6.485021904942025371773e+01}) /
                   polynomial<6>(z, {1, 2.485846490142306297962e+01, 1.650270098316988542046e+02,
                                     4.328810604912902668951e+02, 4.853903996359136964868e+02,
                                     1.945506571482613964425e+02});
  return x * y + x;
}

// x >= 0, or NaN.
double positive_atan(double x) {
  constexpr double kMoreBits = 6.123233995736765886130e-17;  // of pi/2
  if (x <= 0.66) return small_atan(x);
  if (x > 2.41421356237309504880) return kPi / 2 - small_atan(1 / x) + kMoreBits;
  return kPi / 4 + small_atan((x - 1) / (x + 1)) + 0.5 * kMoreBits;
}

}  // namespace

double sin(double x) {
  if (x == 0 || std::isnan(x)) return x;
  if (std::isinf(x)) return kNaN;
  const Reduced r = reduce(std::fabs(x));
  const bool negative = (x < 0) != (r.octant > 3);
  const uint64_t octant = r.octant & 3;
  const double y = octant == 1 || octant == 2 ? cosine_near_zero(r.rest) : sine_near_zero(r.rest);
  return negative ? -y : y;
}

double cos(double x) {
  if (std::isnan(x) || std::isinf(x)) return kNaN;
  const Reduced r = reduce(std::fabs(x));
  const uint64_t octant = r.octant & 3;
  const bool negative = (r.octant > 3) != (octant > 1);
  const double y = octant == 1 || octant == 2 ? sine_near_zero(r.rest) : cosine_near_zero(r.rest);
  return negative ? -y : y;
}

double tan(double x) {
  if (x == 0 || std::isnan(x)) return x;
  if (std::isinf(x)) return kNaN;
  const Reduced r = reduce(std::fabs(x));
  const double z = r.rest, zz = z * z;
  double y = z;
  if (zz > 1e-14) {
    y = z + z * (zz *
                 polynomial<3>(zz, {-1.30936939181383777646e4, 1.15351664838587416140e6,
                                    -1.79565251976484877988e7}) /
                 polynomial<5>(zz, {1, 1.36812963470692954678e4, -1.32089234440210967447e6,
                                    2.50083801823357915839e7, -5.38695755929454629881e7}));
  }
  if (r.octant & 2) y = -1 / y;
  return x < 0 ? -y : y;
}

double asin(double x) {
  if (x == 0) return x;
  const double size = std::fabs(x);
  if (size > 1) return kNaN;
  const double rest = std::sqrt(1 - size * size);
  const double y = size > 0.7 ? kPi / 2 - positive_atan(rest / size) : positive_atan(size / rest);
  return x < 0 ? -y : y;
}

double acos(double x) { return kPi / 2 - asin(x); }

double atan(double x) {
  if (x == 0) return x;
  return x > 0 ? positive_atan(x) : -positive_atan(-x);
}

double atan2(double y, double x) {
  if (std::isnan(y) || std::isnan(x)) return kNaN;
  if (y == 0) return std::copysign(std::signbit(x) ? kPi : 0, y);
  if (x == 0) return std::copysign(kPi / 2, y);
  if (std::isinf(x)) {
    const bool both = std::isinf(y);
    if (x > 0) return std::copysign(both ? kPi / 4 : 0, y);
    return std::copysign(both ? 3 * kPi / 4 : kPi, y);
  }
  if (std::isinf(y)) return std::copysign(kPi / 2, y);
  const double q = atan(y / x);
  if (x < 0) return q <= 0 ? q + kPi : q - kPi;
  return q;
}

}  // namespace gnomon::functions::go
