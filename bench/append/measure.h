// The two things that are measured: a fan-out, and what idle connections cost.
#pragma once

#include <sys/types.h>

#include "append/client.h"
#include "append/parts.h"
#include "base/result.h"

namespace canvas::bench {

// The processes whose CPU and memory are told; 0 where there is none to look at.
struct Observed {
  pid_t server = 0;
  pid_t database = 0;
};

// What happened between the begin and the end of the measured window, whichever updates it concerned.
struct Window {
  double seconds = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t acknowledgements = 0;
  ProcessUsage server;  // CPU in the window; memory at its end
  ProcessUsage database;
  double generator_cpu_seconds = 0;
};

// Learns when the measured window begins and ends.
class WindowListener {
public:
  virtual ~WindowListener() = default;
  virtual void window_begins() = 0;
  virtual void window_ends() = 0;
};

struct FanOut {
  Window window;
  std::uint64_t expected_deliveries = 0;  // of measured updates
  std::uint64_t expected_acknowledgements = 0;
};

// Joins all clients of `run`, sends by its schedule, waits for stragglers up to `drain_seconds`, and leaves
// the counts in `run.tally` and `run.written`. The window ends early when all connections are lost.
Result<FanOut> measure_fan_out(Run& run, const Observed& observed, double drain_seconds,
                               WindowListener& listener);

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
