#include "adapters/clickhouse/part_list.h"

namespace gnomon::clickhouse {

void PartList::add(std::string_view group, int64_t first_block, int64_t last_block) {
  auto at = groups_.find(group);
  if (at == groups_.end()) at = groups_.emplace(group, Blocks()).first;
  at->second[first_block] = last_block;
}

bool PartList::holds(std::string_view group, int64_t first_block, int64_t last_block) const {
  const auto blocks = groups_.find(group);
  if (blocks == groups_.end()) return false;
  int64_t next = first_block;
  for (auto part = blocks->second.find(first_block); part != blocks->second.end(); ++part) {
    if (part->first != next || part->second > last_block) return false;
    if (part->second == last_block) return true;
    next = part->second + 1;
  }
  return false;
}

}  // namespace gnomon::clickhouse
