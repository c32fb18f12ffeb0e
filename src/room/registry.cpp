#include "room/registry.h"

#include <algorithm>
#include <limits>

#include "log/log.h"

namespace canvas::room {
namespace {

// Makes a document of what is sound. Runs on a thread of the store's, so that a large one does not hold up
// the shard.
LoadedDocument build(const store::StoredDocument& stored, const Limits& limits) {
  auto blocks = std::make_unique<crdt::BlockStore>();
  // What was taken once is not refused when it comes back.
  blocks->set_max_pending_bytes(std::numeric_limits<std::size_t>::max());
  std::vector<store::Damage> damages = stored.damages;
  const auto apply = [&](std::optional<std::int64_t> row, BytesView update) {
    const auto applied = blocks->apply(update);
    if (!applied) damages.push_back({row, applied.error().message});
  };
  if (!stored.state.empty()) apply(std::nullopt, stored.state);
  for (const store::StoredUpdate& update : stored.updates) apply(update.row, update.bytes);
  blocks->set_max_pending_bytes(limits.max_pending_bytes);
  return {std::move(blocks), stored.updates.size(), stored.log_bytes(), stored.state.size(),
          std::move(damages)};
}

void log_damages(const std::string& name, const std::vector<store::Damage>& damages) {
  constexpr std::size_t max_lines = 20;
  for (std::size_t i = 0; i < std::min(damages.size(), max_lines); ++i) {
    log::security(log::Level::error, "document.damaged",
                  {{"document", name}, {"part", damages[i].where()}, {"reason", damages[i].reason}});
  }
  if (damages.size() > max_lines)
    log::security(log::Level::error, "document.damaged", {{"document", name}, {"parts", damages.size()}});
}

}  // namespace

Registry::Registry(const Limits& limits, store::Store& store, Post post)
    : limits_(limits), store_(store), post_(std::move(post)), surroundings_{limits, store, *this} {
  // Each names a document that needs a hand: they are left out only in a flood.
  log::set_rate("document.damaged", {.lines_a_second = 2, .lines_at_once = 100});
}

void Registry::join(const std::string& name, Member& member) {
  if (is_full() && !rooms_.contains(name)) {
    return member.refused({Errc::unavailable, "limit: " + std::to_string(limits_.max_rooms) +
                                                  " documents are open on this server (--max-rooms)"});
  }
  const auto [at, is_new] = rooms_.try_emplace(name);
  Entry& entry = at->second;
  if (entry.room) return member.joined(entry.room->add(member));
  entry.waiting.push_back(&member);
  if (!is_new) return;
  entry.id = ++last_id_;
  load(name, entry.id);
}

void Registry::cancel(const std::string& name, Member& member) {
  if (const auto found = rooms_.find(name); found != rooms_.end()) std::erase(found->second.waiting, &member);
}

void Registry::load(const std::string& name, std::uint64_t id) {
  log::debug("room.loading", {{"room", name}, {"id", id}});
  store_.load(name, [this, name](Result<store::StoredDocument> stored) {
    auto document = std::make_shared<Result<LoadedDocument>>(
        stored ? Result<LoadedDocument>(build(*stored, limits_)) : stored.error());
    post_([this, name, document] { loaded(name, std::move(*document)); });
  });
}

void Registry::loaded(const std::string& name, Result<LoadedDocument> document) {
  const auto found = rooms_.find(name);
  Entry& entry = found->second;
  std::vector<Member*> waiting = std::exchange(entry.waiting, {});
  if (!document) {
    log::error("room.load_failed", {{"room", name}, {"reason", document.error().message}});
    rooms_.erase(found);
    const Error why{Errc::unavailable, "the document cannot be loaded now"};
    for (Member* member : waiting) member->refused(why);
    return;
  }
  log::debug("room.loaded", {{"room", name},
                             {"blocks", document->blocks->block_count()},
                             {"log_rows", document->log_rows},
                             {"state_bytes", document->state_bytes}});
  log_damages(name, document->damages);
  entry.room = std::make_unique<Room>(entry.id, name, std::move(*document), surroundings_);
  by_id_.emplace(entry.id, entry.room.get());
  for (Member* member : waiting) member->joined(entry.room->add(*member));
}

void Registry::on_committed(std::vector<store::Ticket> tickets) {
  post_([this, tickets = std::move(tickets)] { committed(tickets); });
}

void Registry::committed(const std::vector<store::Ticket>& tickets) {
  for (const store::Ticket& ticket : tickets) {
    if (Room* room = find(ticket.room)) room->committed(ticket.sequence);
  }
}

void Registry::tick(Time now) {
  surroundings_.now = now;
  for (auto at = rooms_.begin(); at != rooms_.end();) {
    Room* room = at->second.room.get();
    if (room != nullptr) {
      room->tick();
      if (room->wants_compaction()) compact(*room, at->second.id);
      if (room->may_unload()) {
        log::debug("room.unloaded", {{"room", room->name()}});
        by_id_.erase(at->second.id);
        ++surroundings_.tally.rooms_unloaded;
        at = rooms_.erase(at);
        continue;
      }
    }
    ++at;
  }
}

void Registry::compact(Room& room, std::uint64_t id) {
  room.compaction_started();
  store_.compact(room.name(), [this, id](Result<store::Compacted> compacted) {
    post_([this, id, compacted = std::move(compacted)] {
      if (Room* compacted_room = find(id)) compacted_room->compaction_ended(compacted);
    });
  });
}

std::vector<RoomSummary> Registry::rooms() const {
  std::vector<RoomSummary> summaries;
  summaries.reserve(by_id_.size());
  for (const auto& [id, room] : by_id_)
    summaries.push_back({room->name(), room->member_count(), room->read_only()});
  return summaries;
}

std::vector<RoomMemory> Registry::largest(std::size_t limit) const {
  std::vector<const Room*> candidates;
  candidates.reserve(by_id_.size());
  for (const auto& [id, room] : by_id_) candidates.push_back(room);
  const std::size_t measured = std::min(4 * limit, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(measured),
                    candidates.end(),
                    [](const Room* a, const Room* b) { return a->encoded_bytes() > b->encoded_bytes(); });
  std::vector<RoomMemory> rooms;
  rooms.reserve(measured);
  for (std::size_t i = 0; i < measured; ++i)
    rooms.push_back({candidates[i]->name(), candidates[i]->memory_bytes()});
  std::ranges::sort(rooms, std::greater<>(), &RoomMemory::bytes);
  rooms.resize(std::min(limit, rooms.size()));
  return rooms;
}

Room* Registry::find(std::uint64_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

}  // namespace canvas::room
