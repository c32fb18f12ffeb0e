// People who come, say who they are, get the document, and go: what a connect costs.
#pragma once

#include <string>
#include <vector>

#include "append/measure.h"
#include "append/parts.h"
#include "base/result.h"

namespace canvas::bench {

// Hocuspocus clients that connect, send a session's token and ask for a document. A visit is done when it is
// authenticated and has got the document's state; it leaves then. Visits take turns with the tokens and the
// documents; in each document sits somebody all the time, so that it stays in the server's memory.
struct VisitPlan {
  Server server;
  std::vector<std::string> tokens;
  std::uint32_t documents = 10;
  double visits_per_second = 500;  // an open loop: each has a time at which it is due
  std::uint32_t at_once = 0;       // instead: so many are under way all the time
  double warm_up_seconds = 1;
  double seconds = 5;
};

struct VisitResult {
  Window window;                // its counts of deliveries and acknowledgements mean nothing here
  std::uint64_t done = 0;       // in the window
  std::uint64_t expected = 0;   // that were due in the window; as `done` when they are not due at a time
  std::uint64_t refused = 0;    // over the whole run
  std::uint64_t failed = 0;     // closed early, or not done after half a minute
  QuantileHistogram latency;    // of those that were due in the window, from when they were
  QuantileHistogram start_lag;  // how much later than due the generator began
  std::string first_failure;
};

Result<VisitResult> measure_visits(const VisitPlan& plan, const Observed& observed);

}  // namespace canvas::bench
