// Who does what when: fixed before the run, whatever the server does.
#pragma once

#include "load/plan.h"

namespace canvas::load {

enum class Action { type, drag, replace, point, visit, storm };

struct Event {
  Nanoseconds due;
  std::uint32_t client;  // says nothing for a visit or a storm
  Action action;
};

// An open loop: event number n is due at a time that does not depend on what became of the ones before it, so
// a server that stalls is charged for all that it delays.
class Timetable {
public:
  Timetable(const Plan& plan, Nanoseconds start);

  std::uint64_t events() const { return events_; }
  Event at(std::uint64_t number) const;

  Nanoseconds begin_of_measurement() const { return begin_; }
  Nanoseconds end() const { return end_; }

private:
  Action action_of(std::uint64_t number) const;
  std::uint32_t client_of(std::uint64_t number, Action action) const;

  Pattern pattern_;
  std::uint64_t seed_;
  std::uint32_t clients_;
  double rate_;
  Nanoseconds start_;
  Nanoseconds begin_;
  Nanoseconds end_;
  std::uint64_t events_;
};

}  // namespace canvas::load
