// The two things that are measured: a fan-out, and what idle connections cost.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "load/client.h"
#include "load/process.h"

namespace canvas::bench {

// What happened between the begin and the end of the measured window, whichever updates it concerned.
struct Window {
  double seconds = 0;
  std::uint64_t deliveries = 0;
  ProcessUsage server;  // CPU in the window; memory at its end
  double generator_cpu_seconds = 0;
};

struct FanOut {
  Window window;
  std::uint64_t expected_deliveries = 0;  // of measured updates
  std::uint64_t expected_acknowledgements = 0;
};

// Joins all clients of `run`, sends by its schedule, waits for stragglers up to `drain_seconds`, and leaves
// the counts in `run.tally`. `server` is the process whose CPU is told; 0 when there is none to look at.
Result<FanOut> measure_fan_out(Run& run, pid_t server, double drain_seconds);

struct IdleCost {
  std::uint32_t connections = 0;     // of each kind
  double opened_bytes = 0;           // resident, for each connection that has only been opened
  double joined_bytes = 0;           // and for each that has joined a document
  std::uint64_t resident_bytes = 0;  // at the end
};

// Opens as many connections as `run` has clients, which say nothing, then as many that join its documents;
// after each step it waits `settle_seconds`.
Result<IdleCost> measure_idle(Run& run, pid_t server, double settle_seconds);

}  // namespace canvas::bench
