// Who sends when: fixed before the run, whatever the server does.
#pragma once

#include <cmath>
#include <cstdint>

#include "append/parts.h"

namespace canvas::bench {

// The size and the pace of a run.
struct Scenario {
  std::uint32_t documents = 20;
  std::uint32_t clients_per_document = 5;
  double updates_per_second = 6000;  // of all clients together
  double warm_up_seconds = 2;
  double seconds = 10;
  std::uint32_t text_bytes = 30;  // of each update; at least stamp_bytes
  // Of each client, that wait for their acknowledgement: each that comes is answered with the next update, as
  // fast as the server can. 0: updates_per_second, whatever the server does.
  std::uint32_t outstanding_updates = 0;

  std::uint32_t clients() const { return documents * clients_per_document; }
  std::uint32_t receivers_per_update() const { return clients_per_document - 1; }
};

// An open loop: update `event` is due at a time that does not depend on what became of the ones before it, so
// a server that stalls is charged for all that it delays. Clients take turns, and clients next to one another
// are of different documents.
class Schedule {
public:
  Schedule(const Scenario& scenario, Nanoseconds start)
      : clients_(scenario.clients()),
        interval_(1e9 / scenario.updates_per_second),
        start_(start),
        first_measured_(events_in(scenario, scenario.warm_up_seconds)),
        end_(events_in(scenario, scenario.warm_up_seconds + scenario.seconds)) {}

  std::uint64_t events() const { return end_; }
  std::uint64_t measured_events() const { return end_ - first_measured_; }

  Nanoseconds due(std::uint64_t event) const {
    return start_ + static_cast<Nanoseconds>(static_cast<double>(event) * interval_);
  }
  Nanoseconds begin_of_measurement() const { return due(first_measured_); }
  Nanoseconds end_of_measurement() const { return due(end_); }

  std::uint32_t client_of(std::uint64_t event) const { return static_cast<std::uint32_t>(event % clients_); }

  bool is_measured(Nanoseconds due_time) const {
    return due_time >= begin_of_measurement() && due_time < end_of_measurement();
  }

private:
  static std::uint64_t events_in(const Scenario& scenario, double seconds) {
    return static_cast<std::uint64_t>(std::llround(seconds * scenario.updates_per_second));
  }

  std::uint32_t clients_;
  double interval_;  // nanoseconds
  Nanoseconds start_;
  std::uint64_t first_measured_;
  std::uint64_t end_;
};

}  // namespace canvas::bench
