#include "tests/differential/world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "src/promql/parser.h"
#include "src/promql/walk.h"

namespace gnomon::differential {
namespace {

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

// Where a step of a range query may say something else than an instant query of that time: the
// order, what is asked of the query itself, the time of a constant, which is the first step's; and,
// because groups come in the order of the whole range, which of equal series are chosen and the
// last bits of a variance over them.
bool depends_on_query(std::string_view text) {
  static constexpr std::string_view kWords[] = {
      "start()", "end()", "range()", "step()",  "sort",    "start_timestamp", "topk",
      "bottomk", "limit", "stdvar(", "stdvar ", "stddev(", "stddev "};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return text.find(word) != text.npos; });
}

// Whether series are added up that operators have made: these come in another order at one time
// than over a range, as in Prometheus, and the last bits of sums follow it.
bool sums_results(promql::Expr& expr, bool below_sum) {
  using promql::AggregateOp;
  if (const auto* aggregate = std::get_if<promql::Aggregate>(&expr.node)) {
    if (below_sum) return true;
    below_sum = aggregate->op == AggregateOp::Sum || aggregate->op == AggregateOp::Avg;
  }
  if (below_sum && std::holds_alternative<promql::Binary>(expr.node)) return true;
  bool found = false;
  promql::for_each_child(
      expr, [&](promql::ExprPtr& child) { found = found || sums_results(*child, below_sum); });
  return found;
}

std::string lines(const std::map<std::string, std::string>& values) {
  std::string out;
  for (const auto& [labels, value] : values) out += labels + " " + value + "\n";
  return out;
}

}  // namespace

World::World(const promql::Features& features, Random* random,
             const std::vector<model::WriteBatch>& writes)
    : computing_(storage::MemoryStore::all_reductions()) {
  options_.features = features;
  open();
  memory_engine_ = std::make_unique<engine::Engine>(memory_, one_worker_, options_);
  computing_engine_ = std::make_unique<engine::Engine>(computing_, workers_, options_);
  for (const model::WriteBatch& batch : writes) {
    write(batch);
    if (random != nullptr && random->chance(40)) disturb(*random);
  }
}

void World::open() {
  sqlite_engine_.reset();
  sqlite_.reset();
  sqlite_ = must(adapters::SqliteDatabase::open(folder_.file("g.db"), by_hand()));
  sqlite_engine_ = std::make_unique<engine::Engine>(sqlite_->metrics(), workers_, options_);
}

void World::write(const model::WriteBatch& batch) {
  const model::WriteOutcome expected = must(memory_.append(batch, {}));
  must(computing_.append(batch, {}));
  const model::WriteOutcome got = must(sqlite_->metrics().append(batch, {}));
  constexpr auto kConflict = model::RefusalReason::DuplicateValue;
  if (expected.samples_stored != got.samples_stored ||
      expected.histograms_stored != got.histograms_stored ||
      expected.refused.count(kConflict) != got.refused.count(kConflict)) {
    std::fprintf(stderr, "memory stored %llu of a write, SQLite %llu\n",
                 static_cast<unsigned long long>(expected.samples_stored),
                 static_cast<unsigned long long>(got.samples_stored));
    std::abort();
  }
}

void World::disturb(Random& random) {
  switch (random.below(3)) {
    case 0:
      must(sqlite_->maintain(true));
      break;
    case 1:
      must(sqlite_->maintain(false));
      break;
    default:
      open();
  }
}

Answer World::ask(const engine::Engine& engine, const Query& query) {
  engine::QueryRequest request;
  request.text = query.text;
  request.grid = query.grid;
  request.instant = query.instant;
  return engine.run(request, {});
}

std::optional<Difference> World::compare(const Query& query) const {
  const Answer expected = ask(*memory_engine_, query);
  const Answer got = ask(*sqlite_engine_, query);
  const std::string text = to_text(expected, query.text);
  const std::string other = to_text(got, query.text);
  if (text != other) return Difference{Difference::Between::Stores, text, other};
  const std::string computed = to_text(ask(*computing_engine_, query), query.text);
  if (text != computed) return Difference{Difference::Between::PushDown, text, computed};
  return compare_times(query, expected);
}

std::optional<Difference> World::compare_times(const Query& query, const Answer& answer) const {
  if (query.instant || !answer.ok() || depends_on_query(query.text)) return {};
  auto expr = promql::parse(query.text, options_.features);
  if (!expr.ok() || sums_results(**expr, false)) return {};
  // The first point of a series decides whether it has its name in the end.
  if (options_.features.delayed_name_removal && query.text.find(" or ") != std::string::npos) {
    return {};
  }
  for (const size_t step : {size_t{0}, query.grid.steps() / 2, query.grid.steps() - 1}) {
    const int64_t time_ms = query.grid.at(step);
    const Answer instant =
        ask(*memory_engine_, {query.text, model::TimeGrid::instant(time_ms), true});
    const std::string expected =
        instant.ok() ? lines(values_at(instant, time_ms)) : to_text(instant, query.text);
    const std::string got = lines(values_at(answer, time_ms));
    if (expected != got) {
      const std::string head = "at " + std::to_string(time_ms) + " ms\n";
      return Difference{Difference::Between::Times, head + expected, head + got};
    }
  }
  return {};
}

}  // namespace gnomon::differential
