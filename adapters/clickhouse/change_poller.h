#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/clickhouse/http_client.h"
#include "adapters/clickhouse/signal.h"
#include "adapters/clickhouse/stoppable_mutex.h"
#include "src/base/result.h"

namespace gnomon::clickhouse {

// Asks ClickHouse what other servers changed in the tables of all signals, with one question that
// serves every caller for base::kClickHousePollMs: every INSERT makes a part, which says the times
// of its rows.
class ChangePoller {
 public:
  explicit ChangePoller(HttpClient& client) : client_(client) {}

  // Before the first poll(). The signal must outlive the last one.
  void add(Signal& signal);
  // Brings the signal's changes() and facts up to date, but for what happened since the question.
  // Returns a number that is another one than before when a table that is Watched::Whole may have
  // changed: take it before the table is read. Any thread. Errors: Canceled, also while another
  // caller's question is waited for; Unavailable and what ClickHouse says.
  Result<uint64_t> poll(const Signal& signal, std::stop_token stop);

 private:
  Result<void> refresh(std::stop_token stop);
  std::string select_facts() const;
  std::string select_parts() const;
  std::string local_names(Watched how) const;
  void take(std::string_view answer, bool parts_known);

  HttpClient& client_;
  std::vector<Signal*> signals_;
  std::map<std::string, size_t, std::less<>> owners_;  // of local tables: places in signals_

  StoppableMutex asking_;
  int64_t asked_ns_ = 0;  // guarded by asking_; 0: never
};

}  // namespace gnomon::clickhouse
