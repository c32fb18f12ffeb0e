#include "load/inspection.h"

#include <algorithm>
#include <string>

#include "crdt/snapshot.h"

namespace canvas::load {
namespace {

constexpr std::size_t at_once = 32;
constexpr Nanoseconds patience = 60 * second;  // until the next room could be loaded
constexpr Nanoseconds longest_wait = second / 20;

// What is in a room of what was promised.
class Examination {
public:
  Examination(const World& world, Losses& losses) : world_(world), losses_(losses) {}

  void examine(const Room& room, BytesView document) {
    const Result<crdt::Snapshot> found = crdt::snapshot_of_update(document);
    if (!found) {
      ++losses_.unchecked;
      return;
    }
    ++losses_.checked;
    for (const Promise& promise : room.promises) {
      const crdt::Clock clock = found->state.get(promise.author);
      if (clock < promise.clock) {
        losses_.acknowledged += count_updates(promise, clock);
        if (losses_.first.empty()) losses_.first = describe(room, promise, clock);
      }
      losses_.deletions += count_missing(promise.deletions, found->deleted);
    }
  }

private:
  std::string describe(const Room& room, const Promise& promise, crdt::Clock found) const {
    std::string text =
        room.name + " lacks blocks of client " + std::to_string(crdt::value_of(promise.author));
    if (const Person* const author = world_.find(promise.author)) {
      text += author->seat().dialect == protocol::Dialect::hocuspocus ? " (hocuspocus)" : " (y-websocket)";
    }
    return text + " from clock " + std::to_string(found) + " on, of " + std::to_string(promise.clock);
  }

  std::uint64_t count_updates(const Promise& promise, crdt::Clock found) const {
    const Person* const author = world_.find(promise.author);
    return author == nullptr ? 1 : author->sent().between(found, promise.clock).size();
  }

  const World& world_;
  Losses& losses_;
};

// As many people as there are rooms, strangers to all that was written.
void make_inspectors(World& strangers, const std::vector<Room>& rooms) {
  for (const Room& room : rooms) {
    const auto number = static_cast<std::uint32_t>(strangers.people.size());
    strangers.people.push_back(
        std::make_unique<Person>(strangers, Seat{number, room.name, 0, 1, 1, room.dialect}));
    strangers.people.back()->keep_document();
  }
}

}  // namespace

std::uint64_t count_missing(const crdt::DeleteSet& promised, const crdt::DeleteSet& found) {
  std::uint64_t missing = 0;
  for (const auto& [client, ranges] : promised.clients()) {
    for (const crdt::ClockRange& range : ranges) missing += found.covers(client, range) ? 0 : 1;
  }
  return missing;
}

Result<void> inspect(const World& world, const std::vector<Room>& rooms, Losses& losses) {
  World strangers{world.plan, world.server, {}, {}};
  choose_names(strangers.plan);
  strangers.plan.documents = static_cast<std::uint32_t>(rooms.size());
  strangers.plan.clients_per_document = 1;
  make_inspectors(strangers, rooms);
  Result<Crowd> crowd = Crowd::create(strangers);
  if (!crowd) return crowd.error();
  Examination examination(world, losses);
  std::vector<std::uint32_t> busy;
  std::uint32_t next = 0;
  Nanoseconds last_success = now();
  while ((next < rooms.size() || !busy.empty()) && now() - last_success < patience) {
    while (next < rooms.size() && busy.size() < at_once) {
      busy.push_back(next);
      crowd->bring(next++, now());
    }
    crowd->poll(now() + longest_wait);
    std::erase_if(busy, [&](std::uint32_t number) {
      Person& inspector = *strangers.people[number];
      if (!inspector.has_joined()) return false;
      examination.examine(rooms[number], *inspector.document());
      inspector.say_goodbye();
      static_cast<void>(inspector.flush());
      inspector.hang_up();
      last_success = now();
      return true;
    });
  }
  losses.unchecked += rooms.size() - next + busy.size();
  return {};
}

}  // namespace canvas::load
