#include "crdt/measuring.h"

namespace canvas::bench {

Nanoseconds timed(const std::function<void()>& work) {
  const Nanoseconds begin = now();
  work();
  return now() - begin;
}

}  // namespace canvas::bench
