// Times a piece of work.
#pragma once

#include <functional>

#include "append/parts.h"

namespace canvas::bench {

// Calls `work` once and tells how long that took. `bench/crdt.sh --instructions` counts what is executed in
// here, so it is a function that is never inlined.
Nanoseconds timed(const std::function<void()>& work);

}  // namespace canvas::bench
