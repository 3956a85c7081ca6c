#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace gnomon::clickhouse {

// When samples of which time changed last, to the minute. One thread at a time.
class ChangeLog {
 public:
  // Samples of these times may have changed, both ends included.
  void note(int64_t min_time_ms, int64_t max_time_ms);
  void note_all();
  // Another number than before when one of these times was noted since.
  uint64_t version_of(int64_t min_time_ms, int64_t max_time_ms) const;

 private:
  uint64_t version_ = 0;
  uint64_t all_ = 0;                     // the version of note_all()
  std::map<int64_t, uint64_t> minutes_;  // versions after that
};

}  // namespace gnomon::clickhouse
