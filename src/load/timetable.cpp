#include "load/timetable.h"

#include <algorithm>
#include <cmath>

namespace canvas::load {
namespace {

constexpr double seconds_between_storms = 2;
// What one person does a second, while it is that person's turn, which is a second long.
constexpr double drags_per_second = 40;
constexpr double replacements_per_second = 5;

// Of five events of a team on a diagram: one replacement, four cursors.
constexpr std::uint64_t events_of_replacement = 5;

// Of a hundred events of the mixed pattern.
Action mixed_action(std::uint64_t percent) {
  if (percent < 57) return Action::type;
  if (percent < 77) return Action::drag;
  if (percent < 97) return Action::point;
  return percent < 98 ? Action::replace : Action::visit;
}

}  // namespace

Timetable::Timetable(const Plan& plan, Nanoseconds start)
    : pattern_(plan.pattern),
      seed_(plan.seed),
      clients_(plan.clients()),
      rate_(plan.pattern == Pattern::join_storm ? 1 / seconds_between_storms : plan.rate),
      start_(start),
      begin_(start + nanoseconds(plan.warm_up_seconds)),
      end_(begin_ + nanoseconds(plan.seconds)),
      events_(static_cast<std::uint64_t>(std::ceil((plan.warm_up_seconds + plan.seconds) * rate_))) {}

Event Timetable::at(std::uint64_t number) const {
  const Action action = action_of(number);
  const Nanoseconds due = start_ + nanoseconds(static_cast<double>(number) / rate_);
  return {due, client_of(number, action), action};
}

Action Timetable::action_of(std::uint64_t number) const {
  switch (pattern_) {
    case Pattern::typing: return Action::type;
    case Pattern::drag: return Action::drag;
    case Pattern::replace: return Action::replace;
    case Pattern::cursors: return Action::point;
    case Pattern::diagram: return number % events_of_replacement == 0 ? Action::replace : Action::point;
    case Pattern::join_storm: return Action::storm;
    case Pattern::churn: return Action::visit;
    case Pattern::mixed: break;
  }
  return mixed_action(mix(seed_, number) % 100);
}

// Typing and pointing go round, and clients next to one another are of different documents. Where one
// person's pace is given, as many at once have their turn as the rate asks for.
std::uint32_t Timetable::client_of(std::uint64_t number, Action action) const {
  const double pace = action == Action::drag ? drags_per_second : replacements_per_second;
  const bool goes_round = pattern_ == Pattern::mixed || action == Action::type || action == Action::point;
  if (goes_round)
    return static_cast<std::uint32_t>(
        (action == Action::point && pattern_ == Pattern::diagram ? mix(seed_, number) : number) % clients_);
  const double rate = pattern_ == Pattern::diagram ? rate_ / events_of_replacement : rate_;
  const auto at_once = static_cast<std::uint64_t>(std::max(1.0, std::ceil(rate / pace)));
  const auto turn = static_cast<std::uint64_t>(static_cast<double>(number) / rate_);
  return static_cast<std::uint32_t>((turn * at_once + number % at_once) % clients_);
}

}  // namespace canvas::load
