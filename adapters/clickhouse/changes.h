#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "adapters/clickhouse/change_log.h"
#include "adapters/clickhouse/part_list.h"

namespace gnomon::clickhouse {

// The versions of what a signal's tables hold, so that answers can be kept while nothing changes:
// as of the poller's last question, and of what this server noted. Any thread.
class Changes {
 public:
  // Another number than before when rows of these times may have changed in a table that is
  // Watched::ByTime. Take it before they are read.
  uint64_t version(int64_t min_time_ms, int64_t max_time_ms) const;

  // This server wrote or removed rows, of these times or of a table that is Watched::Whole.
  void note(int64_t min_time_ms, int64_t max_time_ms);
  void note_whole() { ++own_whole_; }

 private:
  friend class ChangePoller;
  using Lines = std::set<std::string, std::less<>>;

  // What this server noted of tables that are Watched::Whole.
  uint64_t own_whole() const { return own_whole_; }
  // The same, of what others changed: until the last take().
  uint64_t others_whole() const;
  // The poller's answer, a line each; format: change_poller.cpp. `known` false: it could not be
  // had, so anything may have changed.
  void take(std::span<const std::string_view> lines, bool known);

  std::atomic<uint64_t> own_whole_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  Lines whole_state_;
  Lines other_state_;  // of what parts do not tell
  PartList parts_;
  ChangeLog times_;
  uint64_t others_whole_ = 0;
};

}  // namespace gnomon::clickhouse
