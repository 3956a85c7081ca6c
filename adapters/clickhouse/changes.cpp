#include "adapters/clickhouse/changes.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gnomon::clickhouse {
namespace {

// The first number of the text, which is cut off with the space behind it.
int64_t take_number(std::string_view& text) {
  int64_t number = 0;
  const char* const end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  text.remove_prefix(std::min<size_t>(text.size(), static_cast<size_t>(end - text.data()) + 1));
  return number;
}

// "part TABLE ...": its first and last second, its blocks, and where it is: partition (year, month,
// perhaps day), table, server.
void take_part(std::string_view line, const PartList& before, PartList& now, ChangeLog& times) {
  for (int word = 0; word < 2; ++word) line.remove_prefix(line.find(' ') + 1);
  const int64_t min_s = take_number(line);
  const int64_t max_s = take_number(line);
  const int64_t first_block = take_number(line);
  const int64_t last_block = take_number(line);
  const std::string_view group = line;
  now.add(group, first_block, last_block);
  if (before.holds(group, first_block, last_block)) return;
  // Seconds have 32 bits there.
  const int64_t partition = take_number(line);
  const int64_t year = partition / (partition > 999'999 ? 10'000 : 100);
  if (year < 1970 || year > 2105) return times.note_all();
  times.note(min_s * 1000, max_s * 1000 + 999);
}

}  // namespace

uint64_t Changes::version(int64_t min_time_ms, int64_t max_time_ms) const {
  const std::lock_guard hold(mutex_);
  return times_.version_of(min_time_ms, max_time_ms);
}

void Changes::note(int64_t min_time_ms, int64_t max_time_ms) {
  const std::lock_guard hold(mutex_);
  times_.note(min_time_ms, max_time_ms);
}

uint64_t Changes::others_whole() const {
  const std::lock_guard hold(mutex_);
  return others_whole_;
}

void Changes::take(std::span<const std::string_view> lines, bool known) {
  PartList parts;
  Lines whole;
  Lines other;
  bool doing = false;
  const std::lock_guard hold(mutex_);
  for (const std::string_view line : lines) {
    if (line.starts_with("whole ")) whole.emplace(line);
    if (line.starts_with("other ")) other.emplace(line);
    if (line.starts_with("doing ")) doing = true;
    if (line.starts_with("part ")) take_part(line, parts_, parts, times_);
  }
  if (!known || whole != whole_state_) ++others_whole_;
  if (!known || doing || other != other_state_) times_.note_all();
  whole_state_ = std::move(whole);
  other_state_ = std::move(other);
  parts_ = std::move(parts);
}

}  // namespace gnomon::clickhouse
