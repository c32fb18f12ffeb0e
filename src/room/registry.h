// The rooms of a shard.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_map.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "room/room.h"

namespace canvas::room {

// A room, as an operator sees it.
struct RoomSummary {
  std::string_view document;  // lives as long as the room
  std::size_t members;
  std::optional<ReadOnlyReason> read_only;
};

struct RoomMemory {
  std::string_view document;  // lives as long as the room
  std::size_t bytes;
};

// Loads a room when its first member joins and unloads it some time after the last has left, folded and with
// nothing unsaved.
//
// There is never a second room of a name: who joins while it loads waits for it, who joins before it has gone
// gets it as it is. When a load fails, everyone who waited is refused, and nothing is written. A document of
// which parts are damaged is shown without them, read-only.
//
// Lives on the shard's thread, but for on_committed. Outlives the store's last callback.
class Registry final : public store::CommitSink {
public:
  // Runs a function on the shard's thread, in a later turn. Callable from any thread.
  using Post = std::function<void(std::function<void()>)>;

  Registry(const Limits& limits, store::Store& store, Post post);

  // Answered by member.joined or member.refused, perhaps before this returns. The name has been checked.
  // Refused with Errc::unavailable at Limits::max_rooms too.
  void join(const std::string& name, Member& member);
  // The member is no longer there to be answered.
  void cancel(const std::string& name, Member& member);

  // To be called about once a second.
  void tick(Time now);

  const Limits& limits() const { return limits_; }
  // A document that is not in memory cannot be opened.
  bool is_full() const { return limits_.max_rooms > 0 && rooms_.size() >= limits_.max_rooms; }
  // With those that are being loaded.
  std::size_t room_count() const { return rooms_.size(); }
  std::size_t loaded_count() const { return by_id_.size(); }
  // Those that are loaded. O(rooms).
  std::vector<RoomSummary> rooms() const;
  ReadOnlyRooms read_only_rooms() const { return surroundings_.read_only_rooms; }
  // Those that take the most memory, the largest first, `limit` at most. Only those are measured that are
  // large on disk, four times as many: O(rooms), and the authors of those.
  std::vector<RoomMemory> largest(std::size_t limit) const;

  // The next calls are for a message that came then; none: for something else, which is not timed.
  void set_received(std::optional<Time> received) { surroundings_.received = received; }
  const Tally& tally() const { return surroundings_.tally; }
  Tally::Oldest take_oldest() { return std::exchange(surroundings_.tally.oldest, {}); }

  // From the store's threads.
  void on_committed(std::vector<store::Ticket> tickets) override;

private:
  struct Entry {
    std::uint64_t id;
    std::unique_ptr<Room> room;    // null while it is loaded
    std::vector<Member*> waiting;  // for that
  };

  void load(const std::string& name, std::uint64_t id);
  void loaded(const std::string& name, Result<LoadedDocument> document);
  void committed(const std::vector<store::Ticket>& tickets);
  void compact(Room& room, std::uint64_t id);
  Room* find(std::uint64_t id) const;

  const Limits& limits_;
  store::Store& store_;
  const Post post_;
  Surroundings surroundings_;
  std::uint64_t last_id_ = 0;
  boost::unordered_map<std::string, Entry, SeededHash, std::equal_to<>> rooms_;
  boost::unordered_flat_map<std::uint64_t, Room*, SeededHash> by_id_;
};

}  // namespace canvas::room
