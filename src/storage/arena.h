#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

namespace gnomon::storage {

// Memory that is given out piece by piece and returned to the system at once, with the arena; an
// arena of few pieces is small. One thread allocates; what it got may be read by others.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // 8-byte aligned, zeroed.
  char* allocate(size_t bytes);
  // Any thread.
  size_t bytes() const { return total_.load(std::memory_order_relaxed); }

 private:
  struct Block {
    char* data;
    size_t size;
  };
  void add_block(size_t bytes);

  std::vector<Block> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
  std::atomic<size_t> total_ = 0;
};

}  // namespace gnomon::storage
