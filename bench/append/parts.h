// What the programs here take from the load generator of canvas-ws bench.
#pragma once

#include "load/clock.h"
#include "load/json_object.h"
#include "load/process.h"
#include "load/quantile_histogram.h"
#include "load/websocket.h"

namespace canvas::bench {
using namespace load;  // NOLINT(google-build-using-namespace)
}  // namespace canvas::bench
