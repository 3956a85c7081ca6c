#pragma once

#include <memory>

namespace gnomon::storage {

class MetricStore;

// An open database: the stores of all signals in one namespace (a SQLite file, a Postgres schema, a
// ClickHouse database, memory), which share its connections and its log of writes. Destroying it
// makes everything compact and durable; no call to a store may be under way then. Any thread.
class Database {
 public:
  virtual ~Database() = default;
  // Valid as long as the database.
  virtual MetricStore& metrics() = 0;
};

}  // namespace gnomon::storage
