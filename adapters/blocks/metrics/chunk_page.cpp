#include "adapters/blocks/metrics/chunk_page.h"

namespace gnomon::blocks {

bool ChunkPage::append(uint32_t series, std::string_view chunks) {
  if (data_.size() + chunks.size() > UINT32_MAX) return false;
  offsets_.resize(series - first_ + 1, static_cast<uint32_t>(data_.size()));
  data_ += chunks;
  offsets_.push_back(static_cast<uint32_t>(data_.size()));
  return true;
}

std::string_view ChunkPage::chunks(uint32_t series) const {
  const uint32_t i = series - first_;
  if (i + 1 >= offsets_.size()) return {};
  return std::string_view(data_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
}

}  // namespace gnomon::blocks
