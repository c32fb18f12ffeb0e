// Keeps a second process away.
#pragma once

#include <string>

#include "base/result.h"

namespace canvas::db {

// An exclusive lock on a file of its own, held until destruction or the end of the process, however it ends
// (flock).
class FileLock {
public:
  // Makes the file and writes the process id into it. Fails with Errc::unavailable, naming the holder, when
  // it is taken.
  static Result<FileLock> take(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

private:
  explicit FileLock(int file) : file_(file) {}

  int file_;
};

}  // namespace canvas::db
