// test_differential                            the tests
// test_differential --seconds N [--seed S]     as many worlds as fit, from seed S on
// test_differential --replay S                 one world
// test_differential --emit S                   a world and queries as JSON, for other servers

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tests/differential/emit.h"
#include "tests/differential/session.h"

namespace gnomon::differential {
namespace {

constexpr size_t kQueriesPerWorld = 400;

int report(const Tally& tally, uint64_t seed) {
  std::printf("%llu worlds from seed %llu, %llu queries, %llu answered, %llu with series\n",
              static_cast<unsigned long long>(tally.worlds), static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(tally.queries),
              static_cast<unsigned long long>(tally.answers),
              static_cast<unsigned long long>(tally.filled));
  if (tally.difference.empty()) return 0;
  std::printf("DIFFERENCE\n%s\n", tally.difference.c_str());
  return 1;
}

uint64_t number_after(int argc, char** argv, std::string_view name, uint64_t otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == name) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return otherwise;
}

int run(int argc, char** argv) {
  const uint64_t seed = number_after(argc, argv, "--seed", 1);
  if (const uint64_t seconds = number_after(argc, argv, "--seconds", 0)) {
    return report(run_for(static_cast<double>(seconds), seed, kQueriesPerWorld), seed);
  }
  if (const uint64_t replay = number_after(argc, argv, "--replay", 0)) {
    Tally tally;
    run_world(replay, kQueriesPerWorld, tally);
    return report(tally, replay);
  }
  if (const uint64_t emitted = number_after(argc, argv, "--emit", 0)) {
    const auto base_s = static_cast<int64_t>(number_after(argc, argv, "--base", 0));
    const size_t queries = number_after(argc, argv, "--queries", kQueriesPerWorld);
    std::fputs(emit(emitted, base_s * 1000, queries).c_str(), stdout);
    return 0;
  }
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace gnomon::differential

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return gnomon::differential::run(argc, argv);
}
