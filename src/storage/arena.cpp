#include "src/storage/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace gnomon::storage {
namespace {
constexpr size_t kBlockBytes = 1 << 20;
}

Arena::~Arena() {
  for (const Block& block : blocks_) ::munmap(block.data, block.size);
}

char* Arena::allocate(size_t bytes) {
  bytes = (bytes + 7) & ~size_t{7};
  if (bytes > left_) add_block(std::max(bytes, kBlockBytes));
  char* piece = next_;
  next_ += bytes;
  left_ -= bytes;
  return piece;
}

// Straight from the system: a sealed window's memory must not stay behind in a heap.
void Arena::add_block(size_t bytes) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  next_ = static_cast<char*>(data);
  left_ = bytes;
  blocks_.push_back({next_, bytes});
  total_.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace gnomon::storage
