#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/storage/metrics/metric_store.h"
#include "tests/conformance/script.h"

namespace gnomon::conformance {

// Where a script's samples go. One per scope between two `clear`s.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual storage::MetricStore& store() = 0;
  // Whether the store may compute what it can.
  virtual bool push_down() const { return true; }
  // Called after each load: the place to close and open again, or to seal.
  virtual Result<void> settle() = 0;
};
using MakeBackend = std::function<Result<std::unique_ptr<Backend>>()>;

struct Report {
  size_t statements = 0;
  std::vector<std::string> failures;  // "line 12: rate(x[5m]): ..."
};

// Runs a script, every scope on a backend of its own.
Report run_script(const Script& script, const MakeBackend& make_backend);

// Whether an expression has start(), end(), range() or step(), which depend on the query's grid.
bool depends_on_grid(std::string_view expression);

}  // namespace gnomon::conformance
