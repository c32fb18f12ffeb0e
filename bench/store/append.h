// How many updates a store makes durable, and how soon.
#pragma once

#include "append/measure.h"
#include "append/parts.h"
#include "base/result.h"
#include "store/store.h"

namespace canvas::bench {

struct AppendPlan {
  std::uint32_t rooms = 1;
  double updates_per_second = 0;             // an open loop, spread evenly; 0: as many as the store takes
  std::uint32_t outstanding_updates = 4000;  // in all, at most, where the loop is closed
  double warm_up_seconds = 1;
  double seconds = 5;
  std::uint32_t compact_rows = 0;  // a room is compacted after so many updates, as the server does; 0: never
  pid_t database = 0;              // the process whose CPU is told
};

struct AppendResult {
  double seconds = 0;  // of the window; and in it:
  std::uint64_t updates = 0;
  std::uint64_t bytes = 0;
  std::uint64_t groups = 0;
  std::uint64_t largest_group = 0;
  std::uint64_t compactions = 0;
  std::uint64_t failed_compactions = 0;
  QuantileHistogram acknowledgement;  // from when an update was due, or was given to the store
  double own_cpu_seconds = 0;         // making updates, and what the store does in this process
  double database_cpu_seconds = 0;
};

// Appends to new documents, from this thread. Ends when all is durable.
Result<AppendResult> measure_append(store::Store& store, const AppendPlan& plan);

}  // namespace canvas::bench
