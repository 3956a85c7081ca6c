#include "src/storage/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace gnomon::storage {
namespace {

// Blocks grow with what there is, so that neither thousands of small arenas nor a large one waste.
constexpr size_t kBlockBytesMin = 4 << 10;
constexpr size_t kBlockBytesMax = 1 << 20;
constexpr size_t kMappedBytes = 64 << 10;  // smaller ones come from the heap

bool mapped(size_t bytes) { return bytes >= kMappedBytes; }

}  // namespace

Arena::~Arena() {
  for (const Block& block : blocks_) {
    if (mapped(block.size)) {
      ::munmap(block.data, block.size);
    } else {
      std::free(block.data);
    }
  }
}

char* Arena::allocate(size_t bytes) {
  bytes = (bytes + 7) & ~size_t{7};
  if (bytes > left_) {
    add_block(std::max(bytes, std::clamp(this->bytes(), kBlockBytesMin, kBlockBytesMax)));
  }
  char* piece = next_;
  next_ += bytes;
  left_ -= bytes;
  return piece;
}

// Large ones straight from the system: a sealed window's memory must not stay behind in a heap.
void Arena::add_block(size_t bytes) {
  void* data = nullptr;
  if (mapped(bytes)) {
    data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) data = nullptr;
  } else {
    data = std::calloc(bytes, 1);
  }
  if (data == nullptr) throw std::bad_alloc();
  next_ = static_cast<char*>(data);
  left_ = bytes;
  blocks_.push_back({next_, bytes});
  total_.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace gnomon::storage
