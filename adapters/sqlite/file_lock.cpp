#include "adapters/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace gnomon::sqlite {

Result<FileLock> FileLock::acquire(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return Error{ErrorKind::Unavailable, "cannot open " + path + ": " + std::strerror(errno)};
  }
  FileLock lock(descriptor);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    return Error{ErrorKind::Unavailable, path + " is not a regular file"};
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return Error{ErrorKind::Unavailable, path + " is open in another Gnomon"};
    }
    return Error{ErrorKind::Unavailable, "cannot lock " + path + ": " + std::strerror(errno)};
  }
  char magic[16] = {};
  const ssize_t read = ::pread(descriptor, magic, sizeof(magic), 0);
  if (read > 0 && (read < 16 || std::memcmp(magic, "SQLite format 3", 16) != 0)) {
    return Error{ErrorKind::Execution, path + " is not a SQLite database; it was not changed"};
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace gnomon::sqlite
