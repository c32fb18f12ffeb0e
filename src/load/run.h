// A run from the first connection to the last check.
#pragma once

#include <optional>

#include "base/result.h"
#include "load/crowd.h"
#include "load/server_probe.h"

namespace canvas::load {

enum class Phase { joining, warming_up, measuring, draining, checking };

// How a run is getting on.
struct Progress {
  Phase phase;
  double seconds;  // in the phase
  double of;       // how long the phase lasts; 0 where that is not known
  std::uint32_t joined;
  std::uint32_t visitors;
};

// What is told while a run goes on, and what it asks.
class RunListener {
public:
  virtual ~RunListener() = default;
  // Several times a second.
  virtual void on_progress(const World& world, const Progress& progress) = 0;
  virtual void window_begins() {}
  virtual void window_ends() {}
  // Somebody wants the run to end now: what was sent is still waited for and checked.
  virtual bool wants_to_stop() { return false; }
};

// The server's process where it can be seen, or none.
struct Usage {
  ProcessUsage before;    // before anybody came
  ProcessUsage at_begin;  // of the window
  ProcessUsage at_end;
  std::uint64_t peak_bytes = 0;
  ProcessUsage after;  // when all have gone, a few seconds later
};

struct RunResult {
  double window_seconds = 0;
  Losses losses;
  std::optional<Usage> server;
  double generator_cpu_seconds = 0;  // in the window
  std::uint64_t rooms = 0;           // of visitors
};

// Drives `world.server` as `world.plan` says; leaves the counts in `world.tally`. `server` is a process of
// this machine, or 0. Fails when nobody can come in, with the reason.
Result<RunResult> run(World& world, const ServerProbe& probe, RunListener& listener);

}  // namespace canvas::load
