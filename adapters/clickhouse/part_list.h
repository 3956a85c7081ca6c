#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gnomon::clickhouse {

// The parts that hold the rows of some tables. Every INSERT is a block, or several, with a number
// that nothing else in its group has (a table's partition, on one server); a part holds the blocks
// between its first and its last one, and a merge makes one part of several.
class PartList {
 public:
  void add(std::string_view group, int64_t first_block, int64_t last_block);
  // Whether the rows of a part were there already: its blocks are those of parts of this list. A
  // number that no block has got, or one of another partition, makes that false.
  bool holds(std::string_view group, int64_t first_block, int64_t last_block) const;

 private:
  using Blocks = std::map<int64_t, int64_t>;  // of each part the first and the last one
  std::map<std::string, Blocks, std::less<>> groups_;
};

}  // namespace gnomon::clickhouse
