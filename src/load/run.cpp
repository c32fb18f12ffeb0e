#include "load/run.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <random>

#include "load/inspection.h"
#include "load/timetable.h"

namespace canvas::load {
namespace {

constexpr int events_per_turn = 64;  // at most, before it looks whether something has come
constexpr std::uint32_t connecting_at_once = 64;
constexpr Nanoseconds longest_wait = second / 20;
constexpr Nanoseconds pause_before_start = second / 5;
constexpr Nanoseconds patience = 60 * second;  // until all have come in
// What could not be made by the end is made up for so long.
constexpr Nanoseconds most_lateness = 10 * second;
constexpr Nanoseconds settle_time = 3 * second;
// Within it canvas-ws writes a document down that nobody has open, and forgets it: what is looked at then
// comes from its storage.
constexpr Nanoseconds unload_time = 5 * second;
constexpr Nanoseconds housekeeping_interval = second / 4;

double seconds_of(Nanoseconds time) {
  return static_cast<double>(time) / 1e9;
}

void allow_many_sockets() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

class Runner {
public:
  Runner(World& world, Crowd crowd, const ServerProbe& probe, RunListener& listener)
      : world_(world),
        plan_(world.plan),
        crowd_(std::move(crowd)),
        probe_(probe),
        listener_(listener),
        random_(plan_.seed) {}

  Result<RunResult> run() {
    if (probe_.can_see()) look_at(&Usage::before);
    if (const Result<void> joined = let_all_join(); !joined) return joined.error();
    if (plan_.pattern == Pattern::join_storm) seed_documents();
    drive();
    // What a stranger or a viewer sends is not lost when it is not taken.
    if (crowd_.refusal()) return *crowd_.refusal();
    drain();
    count_losses();
    if (const Result<void> inspected = check(); !inspected) return inspected.error();
    if (probe_.can_see()) {
      crowd_.poll(now() + settle_time);
      look_at(&Usage::after);
    }
    return result_;
  }

private:
  void enter(Phase phase, Nanoseconds length) {
    phase_ = phase;
    phase_began_ = now();
    phase_length_ = length;
  }

  // What is done a few times a second.
  void keep_house() {
    const Nanoseconds time = now();
    if (time - kept_house_at_ < housekeeping_interval) return;
    kept_house_at_ = time;
    listener_.on_progress(world_, {phase_, seconds_of(time - phase_began_), seconds_of(phase_length_),
                                   crowd_.joined(), crowd_.visitors()});
    is_stopping_ = is_stopping_ || listener_.wants_to_stop();
    if (result_.server && probe_.pid != 0) note_peak();
  }

  void look_at(ProcessUsage Usage::*when) {
    const Result<ProcessUsage> usage = probe_.read();
    if (!usage) {
      probe_ = {};  // it has ended, or says nothing
      result_.server.reset();
      return;
    }
    if (!result_.server) result_.server.emplace();
    (*result_.server).*when = *usage;
    result_.server->peak_bytes = std::max(result_.server->peak_bytes, usage->resident_bytes);
  }

  void note_peak() {
    const Result<ProcessUsage> usage = probe_.read();
    if (usage) result_.server->peak_bytes = std::max(result_.server->peak_bytes, usage->resident_bytes);
  }

  Result<void> let_all_join() {
    enter(Phase::joining, 0);
    const Nanoseconds limit = now() + patience;
    std::uint32_t brought = 0;
    while (crowd_.joined() < plan_.clients()) {
      const std::uint32_t joined = crowd_.joined();
      while (brought < plan_.clients() && brought - joined < connecting_at_once)
        crowd_.bring(brought++, now());
      crowd_.poll(now() + longest_wait);
      keep_house();
      if (crowd_.refusal()) return *crowd_.refusal();
      if (is_stopping_) {
        return Error{Errc::unavailable, "interrupted before all clients had their document"};
      }
      if (now() > limit) {
        return Error{
            Errc::unavailable,
            std::to_string(crowd_.joined()) + " of " + std::to_string(plan_.clients()) +
                " clients got their document within a minute" +
                (world_.tally.last_failure.empty() ? ""
                                                   : "; the last failure: " + world_.tally.last_failure)};
      }
    }
    return {};
  }

  // Who joins a storm is to find something there.
  void seed_documents() {
    for (std::uint32_t document = 0; document < plan_.documents; ++document)
      crowd_.edit(document, Edit::replace, 0);
    poll_until(now() + second);
  }

  void poll_until(Nanoseconds time) {
    while (now() < time) {
      crowd_.poll(std::min(time, now() + longest_wait));
      keep_house();
    }
  }

  void drive() {
    const Timetable timetable(plan_, now() + pause_before_start);
    world_.begin_of_measurement = timetable.begin_of_measurement();
    world_.end_of_measurement = timetable.end();
    enter(Phase::warming_up, timetable.begin_of_measurement() - now());
    std::uint64_t event = 0;
    double cpu_at_begin = 0;
    for (;;) {
      const Nanoseconds time = now();
      if (phase_ == Phase::warming_up && time >= timetable.begin_of_measurement()) {
        enter(Phase::measuring, timetable.end() - time);
        if (probe_.can_see()) look_at(&Usage::at_begin);
        cpu_at_begin = own_cpu_seconds();
        listener_.window_begins();
      }
      const bool is_done = event == timetable.events() || time >= timetable.end() + most_lateness;
      if (is_stopping_ || crowd_.refusal() || (time >= timetable.end() && is_done)) break;
      event = do_what_is_due(timetable, event);
      drop_who_is_due(time);
      const Nanoseconds next = event < timetable.events() ? timetable.at(event).due : timetable.end();
      crowd_.poll(std::min(next, time + longest_wait));
      keep_house();
    }
    if (is_stopping_ || crowd_.refusal()) {
      world_.end_of_measurement = now();
    } else {
      result_.losses.not_made = timetable.events() - event;
    }
    if (probe_.can_see()) look_at(&Usage::at_end);
    result_.generator_cpu_seconds = own_cpu_seconds() - cpu_at_begin;
    result_.window_seconds =
        std::max(seconds_of(world_.end_of_measurement - world_.begin_of_measurement), 0.0);
    listener_.window_ends();
  }

  std::uint64_t do_what_is_due(const Timetable& timetable, std::uint64_t number) {
    const Nanoseconds time = now();
    for (int done = 0; done < events_per_turn && number < timetable.events(); ++done, ++number) {
      const Event event = timetable.at(number);
      if (event.due > time) break;
      if (world_.is_measured(event.due)) world_.tally.send_lag.record(time - event.due);
      perform(event);
    }
    crowd_.flush();
    return number;
  }

  void perform(const Event& event) {
    switch (event.action) {
      case Action::type: return crowd_.edit(event.client, Edit::type, event.due);
      case Action::drag: return crowd_.edit(event.client, Edit::drag, event.due);
      case Action::replace: return crowd_.edit(event.client, Edit::replace, event.due);
      case Action::point: return crowd_.point(event.client, event.due);
      case Action::visit: return crowd_.bring_visitor(event.due);
      case Action::storm: return crowd_.storm(event.due);
    }
  }

  void drop_who_is_due(Nanoseconds time) {
    if (plan_.drops_per_second <= 0) return;
    if (next_drop_ == 0) next_drop_ = time + nanoseconds(1 / plan_.drops_per_second);
    for (; next_drop_ <= time; next_drop_ += nanoseconds(1 / plan_.drops_per_second)) {
      crowd_.drop(std::uniform_int_distribution<std::uint32_t>(0, plan_.clients() - 1)(random_));
    }
  }

  void drain() {
    enter(Phase::draining, nanoseconds(plan_.drain_seconds));
    const Nanoseconds limit = now() + nanoseconds(plan_.drain_seconds);
    while (now() < limit && !is_quiet()) {
      crowd_.poll(std::min(limit, now() + longest_wait));
      keep_house();
    }
    poll_until(now() + longest_wait);  // what comes twice comes late
  }

  bool is_quiet() {
    if (crowd_.joined() < plan_.clients() || crowd_.visitors() > 0) return false;
    for (std::uint32_t number = 0; number < plan_.clients(); ++number) {
      if (world_.people[number]->awaits_acknowledgements()) return false;
    }
    const Losses open = open_deliveries();
    return open.deliveries == 0 && open.cursors == 0;
  }

  // What the others in each document have not got. Who is away is not asked.
  Losses open_deliveries() const {
    Losses open;
    for (std::uint32_t author = 0; author < plan_.clients(); ++author) {
      const Person& who = *world_.people[author];
      for_each_other(who, [&](const Person& other) {
        if (!other.has_joined()) return;
        open.deliveries += who.sent().count_after(other.got_of(who.seat().place));
        if (who.has_joined() && other.lacks_cursor_of(who)) ++open.cursors;
      });
    }
    return open;
  }

  template <class Do>
  void for_each_other(const Person& who, Do&& action) const {
    for (std::uint32_t place = 0; place < who.seat().places; ++place) {
      if (place != who.seat().place) action(*world_.people[who.seat().number_at(place)]);
    }
  }

  void count_losses() {
    Losses& losses = result_.losses;
    losses = open_deliveries();
    losses.absent = plan_.clients() - crowd_.joined() + crowd_.visitors();
    for (std::uint32_t number = 0; number < plan_.clients(); ++number) {
      const Person& who = *world_.people[number];
      if (who.awaits_acknowledgements()) losses.unacknowledged += who.sent().count_after(who.promised());
    }
  }

  Result<void> check() {
    enter(Phase::checking, 0);
    listener_.on_progress(world_, {phase_, 0, 0, crowd_.joined(), crowd_.visitors()});
    std::vector<Room> rooms = crowd_.rooms();
    result_.rooms = rooms.size();
    for (std::uint32_t document = 0; document < plan_.documents; ++document) {
      const Person& first = *world_.people[document];
      Room room{first.seat().document, first.seat().dialect, {}};
      for (std::uint32_t place = 0; place < plan_.clients_per_document; ++place) {
        const Person& who = *world_.people[first.seat().number_at(place)];
        room.promises.push_back({who.id(), who.promised(), who.promised_deletions()});
      }
      rooms.push_back(std::move(room));
    }
    if (plan_.inspection == Inspection::after_all_left) {
      send_all_away();
      poll_until(now() + unload_time);
    }
    Result<void> inspected = inspect(world_, rooms, result_.losses);
    send_all_away();
    return inspected;
  }

  void send_all_away() {
    for (const std::unique_ptr<Person>& who : world_.people) {
      if (who) who->hang_up();
    }
  }

  World& world_;
  const Plan& plan_;
  Crowd crowd_;
  ServerProbe probe_;
  RunListener& listener_;
  std::mt19937_64 random_;
  RunResult result_;
  Phase phase_ = Phase::joining;
  Nanoseconds phase_began_ = 0;
  Nanoseconds phase_length_ = 0;
  Nanoseconds kept_house_at_ = 0;
  Nanoseconds next_drop_ = 0;
  bool is_stopping_ = false;
};

void invite(World& world) {
  const Plan& plan = world.plan;
  for (std::uint32_t number = 0; number < plan.clients(); ++number) {
    world.people.push_back(std::make_unique<Person>(
        world,
        Seat{number, plan.name + "-" + std::to_string(number % plan.documents), number / plan.documents,
             plan.clients_per_document, plan.documents, plan.dialect_of(number)}));
  }
}

}  // namespace

Result<RunResult> run(World& world, const ServerProbe& probe, RunListener& listener) {
  prctl(PR_SET_TIMERSLACK, 1000UL);  // else the kernel wakes it up to 50 us late
  allow_many_sockets();
  invite(world);
  Result<Crowd> crowd = Crowd::create(world);
  if (!crowd) return crowd.error();
  return Runner(world, std::move(*crowd), probe, listener).run();
}

}  // namespace canvas::load
