#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

// Four doubles at once, by the compiler's vector extension: the same operations in the same order
// as the scalar code, so the same bits. Only for code that a measurement shows to gain by it.

// Compiles a function for AVX2 beside the baseline; the loader picks. Sanitizers cannot run the
// resolver, and clang gets the baseline.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GNOMON_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define GNOMON_CLONES
#endif
#define GNOMON_INLINE inline __attribute__((always_inline))

namespace gnomon::functions {

inline constexpr size_t kLanes = 4;
using Vec = double __attribute__((vector_size(32)));
using VecInt = int64_t __attribute__((vector_size(32)));

GNOMON_INLINE double magnitude(const double& x) { return std::fabs(x); }

// These never cross a call as parameters of a real function.
#pragma GCC diagnostic ignored "-Wpsabi"

GNOMON_INLINE Vec magnitude(const Vec& x) {
  const VecInt bits = (VecInt)x & 0x7fffffffffffffffll;  // the cast keeps the bits
  return (Vec)bits;
}

GNOMON_INLINE Vec load(const double* from) {
  Vec v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

GNOMON_INLINE void store(double* to, const Vec& v) { std::memcpy(to, &v, sizeof v); }

GNOMON_INLINE Vec splat(double x) { return Vec{x, x, x, x}; }

GNOMON_INLINE bool any(const VecInt& mask) { return (mask[0] | mask[1] | mask[2] | mask[3]) != 0; }

}  // namespace gnomon::functions
