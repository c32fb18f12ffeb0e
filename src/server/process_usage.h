// What this process takes of the machine.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace canvas::server {

struct ProcessUsage {
  std::size_t resident_bytes;
  std::size_t virtual_bytes;
  double cpu_seconds;    // of all threads, in user and in system mode
  double start_seconds;  // since 1970
  std::size_t open_fds;
  std::size_t max_fds;
};

// As of now; some ten system calls. Fails with Errc::io where /proc cannot be read.
Result<ProcessUsage> measure_process();

}  // namespace canvas::server
