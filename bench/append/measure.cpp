#include "append/measure.h"

#include <sys/prctl.h>

#include <algorithm>

#include "append/fleet.h"

namespace canvas::bench {
namespace {

// So many updates at most before it looks whether something has come.
constexpr int updates_per_turn = 64;
constexpr Nanoseconds longest_wait = second / 20;
constexpr Nanoseconds pause_before_start = second / 5;

Nanoseconds nanoseconds(double seconds) {
  return static_cast<Nanoseconds>(seconds * 1e9);
}

// All that a window is the difference of.
struct Reading {
  Nanoseconds time = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t acknowledgements = 0;
  ProcessUsage server;
  ProcessUsage database;
  double generator_cpu_seconds = 0;
};

Result<Reading> read_now(const Run& run, const Observed& observed) {
  Reading reading{now(), run.tally.deliveries, run.tally.acknowledgements, {}, {}, own_cpu_seconds()};
  for (const auto& [pid, into] :
       {std::pair{observed.server, &reading.server}, std::pair{observed.database, &reading.database}}) {
    if (pid == 0) continue;
    const Result<ProcessUsage> usage = usage_of(pid);
    if (!usage) return usage.error();
    *into = *usage;
  }
  return reading;
}

Window between(const Reading& begin, const Reading& end) {
  Window window;
  window.seconds = static_cast<double>(end.time - begin.time) / 1e9;
  window.deliveries = end.deliveries - begin.deliveries;
  window.acknowledgements = end.acknowledgements - begin.acknowledgements;
  window.server = end.server.since(begin.server);
  window.database = end.database.since(begin.database);
  window.generator_cpu_seconds = end.generator_cpu_seconds - begin.generator_cpu_seconds;
  return window;
}

// Sends what is due; gives the number of the next event.
std::uint64_t send_due(Run& run, Fleet& fleet, std::uint64_t event) {
  const Schedule& schedule = *run.schedule;
  const Nanoseconds time = now();
  for (int sent = 0; sent < updates_per_turn && event < schedule.events(); ++sent, ++event) {
    const Nanoseconds due = schedule.due(event);
    if (due > time) break;
    if (fleet.send_update(schedule.client_of(event), due) && run.is_measured(due)) {
      run.tally.send_lag.record(time - due);
    }
  }
  fleet.flush();
  return event;
}

void fill_up(Run& run, Fleet& fleet) {
  run.answers_acknowledgements = true;
  for (std::uint32_t client = 0; client < run.scenario.clients(); ++client) {
    for (std::uint32_t i = 0; i < run.scenario.outstanding_updates; ++i) fleet.send_update(client, now());
  }
  fleet.flush();
}

bool is_lost(const Run& run) {
  return run.tally.closed_connections >= run.scenario.clients();
}

// Sends and receives until the end of the measured window.
Result<Window> drive(Run& run, Fleet& fleet, const Observed& observed, WindowListener& listener) {
  const Schedule& schedule = *run.schedule;
  const bool is_closed_loop = run.scenario.outstanding_updates > 0;
  const std::uint64_t events = is_closed_loop ? 0 : schedule.events();
  std::optional<Reading> begin;
  std::uint64_t event = 0;
  if (is_closed_loop) fill_up(run, fleet);
  for (;;) {
    const Nanoseconds time = now();
    if (!begin && time >= schedule.begin_of_measurement()) {
      const Result<Reading> reading = read_now(run, observed);
      if (!reading) return reading.error();
      begin = *reading;
      listener.window_begins();
    }
    if (begin && (is_lost(run) || time >= schedule.end_of_measurement())) break;
    if (event < events) event = send_due(run, fleet, event);
    const Nanoseconds next = event < events ? schedule.due(event) : schedule.end_of_measurement();
    fleet.poll(std::min(next, time + longest_wait));
  }
  run.answers_acknowledgements = false;
  const Result<Reading> end = read_now(run, observed);
  listener.window_ends();
  if (!end) return end.error();
  while (event < events && !is_lost(run)) event = send_due(run, fleet, event);
  return between(*begin, *end);
}

void wait_for_stragglers(const Run& run, Fleet& fleet, const FanOut& expected, double seconds) {
  const Nanoseconds limit = now() + nanoseconds(seconds);
  while (now() < limit &&
         (run.tally.measured_deliveries < expected.expected_deliveries || fleet.awaits_acknowledgements())) {
    fleet.poll(std::min(limit, now() + longest_wait));
  }
  // What comes twice comes late.
  const Nanoseconds end = now() + longest_wait;
  while (now() < end) fleet.poll(end);
}

void let_settle(Fleet& fleet, double seconds) {
  const Nanoseconds end = now() + nanoseconds(seconds);
  while (now() < end) fleet.poll(end);
}

double growth_of_each(const ProcessUsage& before, const ProcessUsage& after, std::uint32_t connections) {
  return (static_cast<double>(after.resident_bytes) - static_cast<double>(before.resident_bytes)) /
         connections;
}

}  // namespace

Result<FanOut> measure_fan_out(Run& run, const Observed& observed, double drain_seconds,
                               WindowListener& listener) {
  prctl(PR_SET_TIMERSLACK, 1000UL);  // else the kernel wakes it up to 50 us late
  Result<Fleet> fleet = Fleet::create(run);
  if (!fleet) return fleet.error();
  if (Result<void> opened = fleet->open(run.scenario.clients(), Behaviour::joins); !opened)
    return opened.error();
  run.schedule.emplace(run.scenario, now() + pause_before_start);
  const Result<Window> window = drive(run, *fleet, observed, listener);
  if (!window) return window.error();
  const bool is_closed_loop = run.scenario.outstanding_updates > 0;
  const std::uint64_t updates = is_closed_loop ? run.tally.measured_updates : run.schedule->measured_events();
  const bool has_acknowledgements = run.dialect == protocol::Dialect::hocuspocus;
  const FanOut result{*window, updates * run.scenario.receivers_per_update(),
                      has_acknowledgements ? updates : 0};
  wait_for_stragglers(run, *fleet, result, drain_seconds);
  return result;
}

Result<IdleCost> measure_idle(Run& run, pid_t server, double settle_seconds) {
  Result<Fleet> fleet = Fleet::create(run);
  if (!fleet) return fleet.error();
  const std::uint32_t connections = run.scenario.clients();
  std::vector<ProcessUsage> readings;
  for (const Behaviour behaviour : {Behaviour::only_opens, Behaviour::joins}) {
    const Result<ProcessUsage> before = usage_of(server);
    if (!before) return before.error();
    if (readings.empty()) readings.push_back(*before);
    if (Result<void> opened = fleet->open(connections, behaviour); !opened) return opened.error();
    let_settle(*fleet, settle_seconds);
    const Result<ProcessUsage> after = usage_of(server);
    if (!after) return after.error();
    readings.push_back(*after);
  }
  if (run.tally.closed_connections > 0)
    return Error{Errc::unavailable, "the server has closed idle connections"};
  return IdleCost{connections, growth_of_each(readings[0], readings[1], connections),
                  growth_of_each(readings[1], readings[2], connections), readings[2].resident_bytes};
}

}  // namespace canvas::bench
