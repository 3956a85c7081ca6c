#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gnomon::differential {

// The same numbers from the same seed, on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // 0 <= x < n
  uint64_t below(uint64_t n) { return next() % n; }
  // from <= x <= to
  int64_t between(int64_t from, int64_t to) {
    return from + static_cast<int64_t>(below(static_cast<uint64_t>(to - from) + 1));
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  // 0 <= x < 1
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  template <typename Container>
  const auto& pick(const Container& from) {
    return from[below(std::size(from))];
  }

 private:
  uint64_t state_;
};

}  // namespace gnomon::differential
