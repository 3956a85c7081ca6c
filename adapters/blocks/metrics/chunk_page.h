#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gnomon::blocks {

// The chunks of neighbouring series in one window.
class ChunkPage {
 public:
  // Of series from `first` on.
  explicit ChunkPage(uint32_t first) : first_(first) {}
  // Series ascend. False: the page would grow beyond 4 GiB.
  bool append(uint32_t series, std::string_view chunks);

  // Empty when the series has no chunk here.
  std::string_view chunks(uint32_t series) const;
  uint32_t first() const { return first_; }
  size_t bytes() const { return data_.size() + offsets_.size() * sizeof(uint32_t); }

 private:
  uint32_t first_;
  std::vector<uint32_t> offsets_;  // of each series up to the last one that has chunks, and its end
  std::string data_;
};
using ChunkPagePtr = std::shared_ptr<const ChunkPage>;

}  // namespace gnomon::blocks
