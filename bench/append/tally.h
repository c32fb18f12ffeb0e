// What a run has counted.
#pragma once

#include <cstdint>

#include "append/parts.h"

namespace canvas::bench {

// "Measured" is what was due in the measured window, whenever it came. A delivery is one update at one client
// that is not its author.
struct Tally {
  QuantileHistogram latency;          // of measured deliveries, from when the update was due
  QuantileHistogram acknowledgement;  // of measured updates, from when they were due
  QuantileHistogram send_lag;         // of the load generator itself: how late it sent measured updates

  std::uint64_t updates_sent = 0;
  std::uint64_t deliveries = 0;  // measured or not; each counted the first time
  std::uint64_t measured_deliveries = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t echoes = 0;   // updates that came back to their authors
  std::uint64_t corrupt = 0;  // messages and updates that are not what was sent, or came to a stranger
  std::uint64_t update_messages = 0;  // WebSocket messages that brought one update or several

  std::uint64_t measured_updates = 0;
  std::uint64_t acknowledged = 0;      // measured updates that the server says it has saved
  std::uint64_t acknowledgements = 0;  // the same of all updates
  std::uint64_t refused = 0;           // updates that it says it has not
  std::uint64_t closed_connections = 0;
};

}  // namespace canvas::bench
