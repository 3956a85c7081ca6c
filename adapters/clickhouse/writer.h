#pragma once

#include <functional>
#include <stop_token>

#include "adapters/clickhouse/signal.h"
#include "src/base/group_commit.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// The group commit of a database: requests of all signals that arrive together are written with
// one INSERT per table, because ClickHouse wants few and large ones. Any thread.
class Writer {
 public:
  Writer();

  // Hands the entry to its signal's insert(), in a group with others; returns what became of it.
  // Canceled: entry.stop fired before anything of it was sent.
  Result<void> write(Entry& entry);
  // Runs body between two groups; nothing is written meanwhile. Canceled: body did not run.
  Result<void> exclusive(const base::GroupCommit::Body& body, std::stop_token stop);

 private:
  base::GroupCommit commits_;
};

}  // namespace gnomon::clickhouse
