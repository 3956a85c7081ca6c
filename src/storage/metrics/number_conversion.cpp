#include "src/storage/metrics/number_conversion.h"

namespace gnomon::storage {
namespace {

// Fixed groups let the compiler use vectors for them.
constexpr size_t kGroup = 16;

__attribute__((always_inline)) inline void convert(const int64_t* integers, size_t count,
                                                   double power, double* out) {
  size_t i = 0;
  if (power == 1) {
    for (; i + kGroup <= count; i += kGroup) {
      for (size_t k = 0; k < kGroup; ++k) out[i + k] = static_cast<double>(integers[i + k]);
    }
    for (; i < count; ++i) out[i] = static_cast<double>(integers[i]);
    return;
  }
  for (; i + kGroup <= count; i += kGroup) {
    for (size_t k = 0; k < kGroup; ++k) out[i + k] = static_cast<double>(integers[i + k]) / power;
  }
  for (; i < count; ++i) out[i] = static_cast<double>(integers[i]) / power;
}

using Convert = void (*)(const int64_t*, size_t, double, double*);

void convert_plain(const int64_t* integers, size_t count, double power, double* out) {
  convert(integers, count, power, out);
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=256"))) void convert_avx512(
    const int64_t* integers, size_t count, double power, double* out) {
  convert(integers, count, power, out);
}

Convert best_convert() {
  __builtin_cpu_init();
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
  return wide ? convert_avx512 : convert_plain;
}
#else
Convert best_convert() { return convert_plain; }
#endif

}  // namespace

void to_doubles(const int64_t* integers, size_t count, double power, double* out) {
  static const Convert best = best_convert();
  best(integers, count, power, out);
}

}  // namespace gnomon::storage
