#pragma once

#include <pthread.h>

#include <cstddef>

namespace gnomon::base {

// While it lives no thread can be started: each would have a stack larger than the address space.
class NoNewThreads {
 public:
  NoNewThreads() {
    pthread_attr_t attributes;
    pthread_getattr_default_np(&attributes);
    pthread_attr_getstacksize(&attributes, &stack_bytes_);
    pthread_attr_destroy(&attributes);
    set(size_t{1} << 47);
  }
  ~NoNewThreads() { set(stack_bytes_); }
  NoNewThreads(const NoNewThreads&) = delete;
  NoNewThreads& operator=(const NoNewThreads&) = delete;

 private:
  static void set(size_t stack_bytes) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
  }

  size_t stack_bytes_ = 0;
};

}  // namespace gnomon::base
