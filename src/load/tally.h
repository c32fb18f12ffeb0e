// What a run has counted.
#pragma once

#include <cstdint>
#include <string>

#include "load/quantile_histogram.h"

namespace canvas::load {

// Histograms hold what was due in the measured window; counters are of the whole run. A delivery is one
// update at one client that is not its author.
struct Tally {
  QuantileHistogram delivery;         // from when an update was due until another client has it
  QuantileHistogram acknowledgement;  // until the server says that it is saved
  QuantileHistogram cursor;           // until another client has the cursor
  QuantileHistogram join;             // from when a client was to come until it has the document
  QuantileHistogram send_lag;         // of the load generator itself: how late it sent

  std::uint64_t updates = 0;
  std::uint64_t updates_made_away = 0;  // while the client had no connection; sent when it was back
  std::uint64_t delivered = 0;
  std::uint64_t measured_delivered = 0;  // that arrived in the window
  std::uint64_t caught_up = 0;  // deliveries that came with the document when a client came or came back
  std::uint64_t duplicates = 0;
  std::uint64_t echoes = 0;   // updates that came back to their authors
  std::uint64_t corrupt = 0;  // messages that are not what a server says, or updates that nobody here sent
  std::uint64_t acknowledged = 0;
  std::uint64_t updates_refused = 0;
  std::uint64_t updates_resent = 0;

  std::uint64_t cursors = 0;
  std::uint64_t cursors_delivered = 0;
  std::uint64_t cursors_superseded = 0;  // a newer one came instead

  std::uint64_t connections = 0;  // that were let in
  std::uint64_t dropped = 0;      // by this program, as the plan says
  std::uint64_t closed = 0;       // by the server, or failed
  std::uint64_t reconnected = 0;
  std::uint64_t refused = 0;  // not let in: wrong credentials, or not now
  std::uint64_t failed_connects = 0;
  std::uint64_t visits = 0;  // that have begun
  std::uint64_t visits_done = 0;
  std::string last_failure;  // why a connection was lost or refused

  std::uint64_t bytes_received = 0;
};

// Found when a run is over.
struct Losses {
  std::uint64_t deliveries = 0;    // updates that another client has not got, for each such client
  std::uint64_t acknowledged = 0;  // updates that were acknowledged (or, without acknowledgements, sent) and
                                   // that a fresh client does not find
  std::uint64_t deletions = 0;     // ranges that such updates deleted, and that it finds there
  std::uint64_t unacknowledged = 0;  // updates that nobody said were saved, and nobody refused
  std::uint64_t cursors = 0;         // clients whose last cursor another client has not got
  std::uint64_t absent = 0;          // clients that have not come back
  std::uint64_t not_made = 0;        // events that this machine did not get to
  std::uint64_t unchecked = 0;       // documents that a fresh client could not load
  std::uint64_t checked = 0;         // documents that it could
  std::string first;                 // of the acknowledged updates, where it is; empty: none is lost
};

}  // namespace canvas::load
