#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sqlite_database.h"
#include "src/base/worker_pool.h"
#include "src/storage/metrics/memory_store.h"
#include "tests/differential/answer.h"
#include "tests/differential/data.h"
#include "tests/unit/sqlite/store_fixture.h"

namespace gnomon::differential {

// What two ways of asking the same thing disagreed in.
struct Difference {
  enum class Between : uint8_t {
    Stores,    // memory with one worker, SQLite with several
    PushDown,  // a store that only delivers samples, and one that computes what it can
    Times,     // an instant query and a step of a range query
  };
  Between between = Between::Stores;
  std::string expected;
  std::string got;
};

// The same samples in memory (twice: one store delivers them, one computes) and in SQLite. In
// SQLite some are sealed, some are not, and some windows were written to again after they had been
// sealed.
class World {
 public:
  // A store that cannot be opened or written to ends the process: there is nothing to compare.
  World(const promql::Features& features, Random* random,
        const std::vector<model::WriteBatch>& writes);

  std::optional<Difference> compare(const Query& query) const;
  // Seals everything, or closes and opens the file.
  void disturb(Random& random);
  Answer ask_memory(const Query& query) const { return ask(*memory_engine_, query); }

 private:
  static Answer ask(const engine::Engine& engine, const Query& query);
  void open();
  void write(const model::WriteBatch& batch);
  std::optional<Difference> compare_times(const Query& query, const Answer& answer) const;

  TemporaryFolder folder_;
  engine::EngineOptions options_;
  base::WorkerPool one_worker_{1};
  base::WorkerPool workers_{3};
  storage::MemoryStore memory_, computing_;
  std::unique_ptr<adapters::SqliteDatabase> sqlite_;
  std::unique_ptr<engine::Engine> memory_engine_, computing_engine_, sqlite_engine_;
};

}  // namespace gnomon::differential
