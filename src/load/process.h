// What the operating system says about a server that is being measured.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"

namespace canvas::load {

struct ProcessUsage {
  double user_seconds = 0;  // of CPU, since the process began; 10 ms fine
  double system_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;  // descriptors

  double cpu_seconds() const { return user_seconds + system_seconds; }
  // CPU since then; the memory and the files of now.
  ProcessUsage since(const ProcessUsage& before) const {
    return {user_seconds - before.user_seconds, system_seconds - before.system_seconds, resident_bytes,
            open_files};
  }
};

// Of `pid` with all of its threads, and of all its descendants that live. Fails with Errc::not_found when
// there is no such process.
Result<ProcessUsage> usage_of(pid_t pid);

// CPU seconds of this process.
double own_cpu_seconds();

}  // namespace canvas::load
