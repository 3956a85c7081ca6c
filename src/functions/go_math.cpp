#include "src/functions/go_math.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "src/model/sample.h"

namespace gnomon::functions::go {
namespace {

using model::kNaN;

constexpr double kInf = std::numeric_limits<double>::infinity();

constexpr double kLn2 = 0.693147180559945309417;
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kInverseLn2 = 1.44269504088896340736;
constexpr double kInverseLn10 = 0.43429448190325182765;
constexpr uint64_t kMantissa = 0x000fffffffffffff;

uint64_t bits(double x) { return std::bit_cast<uint64_t>(x); }
double from_bits(uint64_t x) { return std::bit_cast<double>(x); }

// Horner's rule, highest coefficient first.
template <size_t kSize>
double polynomial(double x, const std::array<double, kSize>& coefficients) {
  double y = coefficients[0];
  for (size_t i = 1; i < kSize; ++i) y = y * x + coefficients[i];
  return y;
}

// log(1+f) = f - (f*f/2 - s*(f*f/2 + R)) with s = f/(2+f): R from even and odd terms apart.
double log_remainder(double s) {
  const double z = s * s, w = z * z;
  const double odd = z * polynomial<4>(w, {1.479819860511658591e-01, 1.818357216161805012e-01,
                                           2.857142874366239149e-01, 6.666666666666735130e-01});
  const double even = w * polynomial<3>(w, {1.531383769920937332e-01, 2.222219843214978396e-01,
                                            3.999999999940941908e-01});
  return odd + even;
}

// 2^k * e^(high - low).
double exp_of_parts(double high, double low, int k) {
  const double r = high - low;
  const double t = r * r;
  const double c =
      r - t * polynomial<5>(t, {4.13813679705723846039e-08, -1.65339022054652515390e-06,
                                6.61375632143793436117e-05, -2.77777777770155933842e-03,
                                1.66666666666666657415e-01});
  return std::ldexp(1 - ((low - (r * c) / (2 - c)) - high), k);
}

}  // namespace

// On processors that can, Go's exp fuses multiplications and additions; std::fma says the same on
// every processor.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("fma", "default")))
#endif
double
exp(double x) {
  constexpr double kOverflow = 7.09782712893384e+02;
  constexpr double kUpperLn2 = 0.69314718055966295651160180568695068359375;
  constexpr double kLowerLn2 = 0.28235290563031577122588448175013436025525412068e-12;
  if (std::isnan(x)) return x;
  if (x > kOverflow) return kInf;
  if (x < -2000) return 0;
  const double exponent = std::nearbyint(x * kInverseLn2);
  double r = std::fma(-kUpperLn2, exponent, x);
  r = std::fma(-kLowerLn2, exponent, r);
  r *= 0.0625;
  constexpr std::array<double, 8> kTaylor = {2.4801587301587301587e-5,
                                             1.9841269841269841270e-4,
                                             1.3888888888888888889e-3,
                                             8.3333333333333333333e-3,
                                             4.1666666666666666667e-2,
                                             1.6666666666666666667e-1,
                                             0.5,
                                             1.0};
  double y = kTaylor[0];
  for (size_t i = 1; i < kTaylor.size(); ++i) y = std::fma(y, r, kTaylor[i]);
  // e^r - 1, then four times (1+r)^2 - 1 = r * (r + 2).
  r = r * y;
  for (int i = 0; i < 3; ++i) r = r * (r + 2);
  r = std::fma(r, r + 2, 1);
  const int e = static_cast<int>(exponent);
  if (e >= 1024) return kInf;
  if (e + 1023 < -52) return 0;
  return std::ldexp(r, e);
}

double exp2(double x) {
  if (std::isnan(x)) return x;
  if (x > 1.0239999999999999e+03) return kInf;
  if (x < -1.0740e+03) return 0;
  const int k = static_cast<int>(x > 0 ? x + 0.5 : x < 0 ? x - 0.5 : 0);
  const double t = x - k;
  return exp_of_parts(t * kLn2High, -t * kLn2Low, k);
}

double log(double x) {
  if (x == 0) return -kInf;
  if (x < 0) return kNaN;
  if (std::isnan(x) || x == kInf) return x;
  double fraction = from_bits((bits(x) & kMantissa) | bits(0.5));
  double k = static_cast<double>(static_cast<int>(bits(x) >> 52 & 0x7ff) - 0x3fe);
  if (fraction <= 7.07106781186547524401e-01) {
    k -= 1;
    fraction *= 2;
  }
  const double f = fraction - 1;
  const double s = f / (2 + f);
  const double half_square = 0.5 * f * f;
  const double r = s * (half_square + log_remainder(s)) + k * kLn2Low;
  return k * kLn2High - ((half_square - r) - f);
}

double log2(double x) {
  if (x == 0 || std::isnan(x) || std::isinf(x)) return log(x);
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);
  if (fraction == 0.5) return exponent - 1;
  return log(fraction) * kInverseLn2 + exponent;
}

double log10(double x) { return log(x) * kInverseLn10; }

double log1p(double x) {
  constexpr std::array<double, 7> kTerms = {1.479819860511658591e-01, 1.531383769920937332e-01,
                                            1.818357216161805012e-01, 2.222219843214978396e-01,
                                            2.857142874366239149e-01, 3.999999999940941908e-01,
                                            6.666666666666735130e-01};
  if (x < -1 || std::isnan(x)) return kNaN;
  if (x == -1) return -kInf;
  if (x == kInf) return kInf;
  const double size = std::fabs(x);
  if (size < 0x1p-54) return x;
  if (size < 0x1p-29) return x - x * x * 0.5;

  double f = x, c = 0;
  int k = 0;
  bool tiny = false;  // |f| < 2^-20
  if (size >= 4.142135623730950488017e-01 || x <= -2.928932188134524755992e-01) {
    const double u = size < 0x1p53 ? 1.0 + x : x;
    k = static_cast<int>(bits(u) >> 52) - 1023;
    if (size < 0x1p53) c = (k > 0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
    uint64_t mantissa = bits(u) & kMantissa;
    const bool low = mantissa < 0x0006a09e667f3bcd;  // of the square root of 2
    f = from_bits(mantissa | bits(low ? 1.0 : 0.5)) - 1.0;
    if (!low) {
      ++k;
      mantissa = (0x0010000000000000 - mantissa) >> 2;
    }
    tiny = mantissa == 0;
  }
  const double half_square = 0.5 * f * f;
  if (tiny) {
    if (f == 0) return k == 0 ? 0 : k * kLn2High + (c + k * kLn2Low);
    const double r = half_square * (1.0 - 0.66666666666666666 * f);
    return k == 0 ? f - r : k * kLn2High - ((r - (k * kLn2Low + c)) - f);
  }
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double r = z * polynomial(z, kTerms);
  if (k == 0) return f - (half_square - s * (half_square + r));
  return k * kLn2High - ((half_square - (s * (half_square + r) + (k * kLn2Low + c))) - f);
}

namespace {

bool is_odd_integer(double x) {
  return std::fabs(x) < 0x1p53 && std::trunc(x) == x && (static_cast<int64_t>(x) & 1) == 1;
}

// |x| to the power of a whole number below 2^63, times `start`; split into fraction and exponent.
double whole_power(double x, int64_t power, double start, int64_t& exponent) {
  int binary = 0;
  double factor = std::frexp(x, &binary);
  int64_t factor_exponent = binary;
  for (int64_t i = power; i != 0; i >>= 1) {
    if (factor_exponent < -(1 << 12) || factor_exponent > (1 << 12)) {
      exponent += factor_exponent;  // over- or underflow for certain
      break;
    }
    if (i & 1) {
      start *= factor;
      exponent += factor_exponent;
    }
    factor *= factor;
    factor_exponent *= 2;
    if (factor < 0.5) {
      factor += factor;
      --factor_exponent;
    }
  }
  return start;
}

// x or y is 0 or infinite.
double extreme_pow(double x, double y) {
  if (x == 0) {
    const bool negative = std::signbit(x) && is_odd_integer(y);
    if (y < 0) return negative ? -kInf : kInf;
    return negative ? x : 0;
  }
  if (std::isinf(y)) {
    if (x == -1) return 1;
    return (std::fabs(x) < 1) == (y > 0) ? 0 : kInf;
  }
  if (x == -kInf) return go::pow(1 / x, -y);
  return y < 0 ? 0 : kInf;
}

}  // namespace

double pow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (y == 1) return x;
  if (std::isnan(x) || std::isnan(y)) return kNaN;
  if (x == 0 || std::isinf(y) || std::isinf(x)) return extreme_pow(x, y);
  if (y == 0.5) return std::sqrt(x);
  if (y == -0.5) return 1 / std::sqrt(x);

  double whole = 0;
  double fraction = std::modf(std::fabs(y), &whole);
  if (fraction != 0 && x < 0) return kNaN;
  if (whole >= 0x1p63) {
    if (x == -1) return 1;
    return (std::fabs(x) < 1) == (y > 0) ? 0 : kInf;
  }
  double result = 1;
  if (fraction != 0) {
    if (fraction > 0.5) {
      fraction -= 1;
      whole += 1;
    }
    result = exp(fraction * log(x));
  }
  int64_t exponent = 0;
  result = whole_power(x, static_cast<int64_t>(whole), result, exponent);
  if (y < 0) {
    result = 1 / result;
    exponent = -exponent;
  }
  return std::ldexp(result, static_cast<int>(exponent));
}

double sinh(double x) {
  const double size = x < 0 ? -x : x;  // -0 stays
  double y = 0;
  if (size > 21) {
    y = exp(size) * 0.5;
  } else if (size > 0.5) {
    const double e = exp(size);
    y = (e - 1 / e) * 0.5;
  } else {
    const double z = size * size;
    y = polynomial<4>(z, {-0.2630563213397497062819489e+2, -0.2894211355989563807284660366e+4,
                          -0.8991272022039509355398013511e+5, -0.6307673640497716991184787251e+6}) *
        size;
    y = y /
        polynomial<4>(z, {1, -0.173678953558233699533450911e+3, 0.1521517378790019070696485176e+5,
                          -0.6307673640497716991212077277e+6});
  }
  return x < 0 ? -y : y;
}

double cosh(double x) {
  const double size = std::fabs(x);
  const double e = exp(size);
  return size > 21 ? e * 0.5 : (e + 1 / e) * 0.5;
}

double tanh(double x) {
  constexpr double kLogMax = 8.8029691931113054295988e+01;  // log(2^127)
  const double size = std::fabs(x);
  if (size > 0.5 * kLogMax) return x < 0 ? -1 : 1;
  if (size >= 0.625) {
    const double y = 1 - 2 / (exp(2 * size) + 1);
    return x < 0 ? -y : y;
  }
  if (x == 0) return x;
  const double s = x * x;
  return x + x * s *
                 polynomial<3>(s, {-9.64399179425052238628e-1, -9.92877231001918586564e1,
                                   -1.61468768441708447952e3}) /
                 polynomial<4>(s, {1, 1.12811678491632931402e2, 2.23548839060100448583e3,
                                   4.84406305325125486048e3});
}

double asinh(double x) {
  if (std::isnan(x) || std::isinf(x)) return x;
  const double size = std::fabs(x);
  double y = size;
  if (size > 0x1p28) {
    y = log(size) + kLn2;
  } else if (size > 2) {
    y = log(2 * size + 1 / (std::sqrt(size * size + 1) + size));
  } else if (size >= 0x1p-28) {
    y = log1p(size + size * size / (1 + std::sqrt(1 + size * size)));
  }
  return x < 0 ? -y : (x == 0 ? x : y);
}

double acosh(double x) {
  if (x < 1 || std::isnan(x)) return kNaN;
  if (x == 1) return 0;
  if (x >= 0x1p28) return log(x) + kLn2;
  if (x > 2) return log(2 * x - 1 / (x + std::sqrt(x * x - 1)));
  const double t = x - 1;
  return log1p(t + std::sqrt(2 * t + t * t));
}

double atanh(double x) {
  if (x < -1 || x > 1 || std::isnan(x)) return kNaN;
  if (x == 1 || x == -1) return x * kInf;
  const double size = std::fabs(x);
  double y = size;
  if (size >= 0.5) {
    y = 0.5 * log1p((size + size) / (1 - size));
  } else if (size >= 0x1p-28) {
    const double twice = size + size;
    y = 0.5 * log1p(twice + twice * size / (1 - size));
  }
  return x < 0 ? -y : (x == 0 ? x : y);
}

}  // namespace gnomon::functions::go
