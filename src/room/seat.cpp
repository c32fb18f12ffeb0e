#include "room/seat.h"

#include "room/room.h"

namespace canvas::room {

Seat::Seat(Room& room, Member& member, std::uint64_t departures)
    : departures_before(departures), room_(&room), member_(&member), announced_scope_(member.scope()) {}

Result<void> Seat::sync_step1(BytesView state_vector) {
  if (has_left()) return {};
  return room_->receive_step1(*this, state_vector);
}

Result<void> Seat::sync_step2(BytesView update) {
  if (has_left()) return {};
  return room_->receive_step2(*this, update);
}

Result<void> Seat::sync_update(BytesView update) {
  if (has_left()) return {};
  return room_->receive_update(*this, update);
}

Result<void> Seat::awareness(BytesView update) {
  if (has_left()) return {};
  return room_->receive_awareness(*this, update);
}

void Seat::query_awareness() {
  if (!has_left()) room_->send_awareness(*this);
}

protocol::Scope Seat::scope() const {
  return has_left() ? protocol::Scope::read_only : room_->scope_of(*this);
}

void Seat::scope_changed() {
  if (!has_left()) room_->scope_changed(*this);
}

void Seat::caught_up() {
  if (!has_left()) room_->catch_up(*this);
}

void Seat::leave() {
  if (!has_left()) room_->remove(*this);
}

}  // namespace canvas::room
