// The one clock of a benchmark.
#pragma once

#include <cstdint>
#include <ctime>

namespace canvas::load {

// A time of the steady clock of this machine, or a span of it.
using Nanoseconds = std::int64_t;

inline constexpr Nanoseconds second = 1'000'000'000;

constexpr Nanoseconds nanoseconds(double seconds) {
  return static_cast<Nanoseconds>(seconds * 1e9);
}

inline Nanoseconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * second + time.tv_nsec;
}

}  // namespace canvas::load
