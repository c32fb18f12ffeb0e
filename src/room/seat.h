// One member's place in a room.
#pragma once

#include <memory>
#include <optional>

#include "crdt/state_vector.h"
#include "room/member.h"
#include "room/refusals.h"

namespace canvas::room {

// Through it the server says what the client sent. Made by the registry, shared by the member and the room;
// after leave() it does nothing any more. All on the shard's thread.
//
// Where a call fails the client has broken the protocol (Errc::malformed) or a limit (Errc::too_large), and
// its connection should be closed; the room is unharmed.
class Seat {
public:
  Seat(Room& room, Member& member, std::uint64_t departures);
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  Result<void> sync_step1(BytesView state_vector);
  Result<void> sync_step2(BytesView update);
  Result<void> sync_update(BytesView update);
  Result<void> awareness(BytesView update);
  void query_awareness();

  // What the member may do now: what it was granted, or less while the room is read-only.
  protocol::Scope scope() const;

  // The member's scope has changed while it is here: it is told, and who may write again is asked for what it
  // was refused.
  void scope_changed();

  // The socket has taken all that was queued: what the member missed while it lagged is sent now.
  void caught_up();
  bool is_behind() const { return lag_.has_value() || missed_awareness_; }

  void leave();
  bool has_left() const { return room_ == nullptr; }

  // Kept here for AwarenessSet.
  const std::uint64_t departures_before;  // its departures() when the seat was made
  bool has_shown_awareness = false;
  std::size_t awareness_clients = 0;  // how many belong to it

private:
  friend class Room;

  struct Lag {
    crdt::StateVector from;  // what it has been sent
    Time since;
  };

  Room* room_;
  Member* member_;
  std::size_t index_ = 0;  // in the room's list
  bool has_synced_ = false;
  protocol::Scope announced_scope_;  // the client has been told
  Refusals refusals_;
  std::optional<Lag> lag_;
  bool missed_awareness_ = false;
};

}  // namespace canvas::room
