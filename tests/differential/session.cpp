#include "tests/differential/session.h"

#include <chrono>

#include "tests/differential/shrink.h"

namespace gnomon::differential {
namespace {

promql::Features make_features(Random& random) {
  promql::Features features;
  features.experimental_functions = true;
  features.extended_range_selectors = true;
  features.binop_fill_modifiers = true;
  features.delayed_name_removal = random.chance(40);
  features.use_start_timestamps = random.chance(20);
  features.type_and_unit_labels = random.chance(20);
  return features;
}

std::string describe(Case found, uint64_t seed, size_t number) {
  std::string out = "seed " + std::to_string(seed) + ", query " + std::to_string(number) + ": " +
                    found.query.text + "\n";
  const bool small = shrink(found);
  static constexpr const char* kExpected[] = {"memory with one worker", "push-down off",
                                              "instant query"};
  static constexpr const char* kGot[] = {"SQLite with several", "push-down on", "range query"};
  const auto between = static_cast<size_t>(found.difference.between);
  out += std::string(kExpected[between]) + ":\n" + found.difference.expected + kGot[between] +
         ":\n" + found.difference.got;
  if (!small) return out + "(written at once, the samples show no difference)\n";
  return out + "\n" + to_script(found);
}

}  // namespace

void run_world(uint64_t seed, size_t queries, Tally& tally) {
  Random random(seed);
  const Data data = make_data(random, 0);
  const promql::Features features = make_features(random);
  World world(features, &random, make_writes(random, data));
  QueryMaker maker(random, data, {});
  ++tally.worlds;
  for (size_t i = 0; i < queries; ++i) {
    if (i % 64 == 63) world.disturb(random);
    const Query query = maker.make();
    ++tally.queries;
    const auto difference = world.compare(query);
    if (difference) {
      tally.difference = describe({features, data.series, query, *difference}, seed, i);
      return;
    }
    const Answer answer = world.ask_memory(query);
    tally.answers += answer.ok() ? 1 : 0;
    tally.filled += answer.ok() && !to_text(answer, query.text).empty() ? 1 : 0;
  }
}

Tally run_for(double seconds, uint64_t seed, size_t queries_per_world) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  Tally tally;
  while (tally.difference.empty() &&
         std::chrono::duration<double>(Clock::now() - start).count() < seconds) {
    run_world(seed++, queries_per_world, tally);
  }
  return tally;
}

}  // namespace gnomon::differential
