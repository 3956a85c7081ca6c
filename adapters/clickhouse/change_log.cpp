#include "adapters/clickhouse/change_log.h"

#include <algorithm>

#include "src/base/limits.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

int64_t minute_of(int64_t time_ms) { return storage::window_of(time_ms, 60'000); }

}  // namespace

void ChangeLog::note(int64_t min_time_ms, int64_t max_time_ms) {
  const int64_t first = minute_of(min_time_ms);
  const int64_t last = minute_of(max_time_ms);
  const auto known = static_cast<int64_t>(minutes_.size());
  if (last - first >= base::kClickHouseMinutesMax - known) return note_all();
  ++version_;
  for (int64_t minute = first; minute <= last; ++minute) minutes_[minute] = version_;
}

void ChangeLog::note_all() {
  minutes_.clear();
  all_ = ++version_;
}

uint64_t ChangeLog::version_of(int64_t min_time_ms, int64_t max_time_ms) const {
  uint64_t version = all_;
  const int64_t last = minute_of(max_time_ms);
  for (auto at = minutes_.lower_bound(minute_of(min_time_ms));
       at != minutes_.end() && at->first <= last; ++at) {
    version = std::max(version, at->second);
  }
  return version;
}

}  // namespace gnomon::clickhouse
