#pragma once

#include <string>

#include "src/base/result.h"

namespace gnomon::sqlite {

// Makes this store the only one on a file, among processes and within one, until it is destroyed.
// Creates an empty file when there is none. Must outlive every SQLite connection to the file:
// closing any descriptor of a file drops SQLite's own locks on it.
class FileLock {
 public:
  static Result<FileLock> acquire(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace gnomon::sqlite
