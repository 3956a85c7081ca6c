#pragma once

#include <string>

#include "adapters/postgres/metrics/state.h"
#include "adapters/postgres/metrics/upkeep.h"
#include "adapters/postgres/signal.h"

namespace gnomon::postgres {

// What the log of a schema does with metrics.
class MetricsSignal : public Signal {
 public:
  MetricsSignal(MetricsState& state, MetricsUpkeep& upkeep) : state_(state), upkeep_(upkeep) {}

  Result<void> load(Connection& connection, std::span<const int64_t> counters) override;
  Result<void> replay(uint64_t seq, std::string_view bytes) override;
  Result<void> follow(const LogRecord& record) override;
  // Finds the ids of all rows; series that none has get the next ones.
  Result<void> store(Connection& connection, const Turn& turn, Requests requests,
                     std::string& row) override;
  Result<uint64_t> maintain(bool everything, const std::stop_token& stop) override;

 private:
  Result<void> store_series(Connection& connection, const Turn& turn, Requests requests,
                            std::string& row);
  Result<void> store_extras(Connection& connection, const Turn& turn, const MetricsRequest& request,
                            std::string& row);

  MetricsState& state_;
  MetricsUpkeep& upkeep_;
};

}  // namespace gnomon::postgres
