#include "room/room.h"

#include <algorithm>

#include "base/log.h"
#include "room/frames_internal.h"

namespace canvas::room {

using protocol::Dialect;
using protocol::Scope;
using Effect = crdt::BlockStore::Applied::Effect;

Room::Room(std::uint64_t id, std::string name, LoadedDocument document, Surroundings& surroundings)
    : id_(id),
      name_(std::make_shared<const std::string>(std::move(name))),
      surroundings_(surroundings),
      blocks_(std::move(document.blocks)),
      awareness_(surroundings.limits),
      empty_since_(surroundings.now),
      log_rows_(document.log_rows),
      log_bytes_(document.log_bytes),
      state_bytes_(document.state_bytes) {}

Room::~Room() {
  for (const auto& seat : seats_) seat->room_ = nullptr;
}

std::shared_ptr<Seat> Room::add(Member& member) {
  auto seat = std::make_shared<Seat>(*this, member, awareness_.departures());
  seat->index_ = seats_.size();
  seats_.push_back(seat);
  if (member.address().dialect == Dialect::hocuspocus) send_awareness(*seat);
  return seat;
}

void Room::remove(Seat& seat) {
  const std::optional<Bytes> gone = awareness_.remove_seat(seat, surroundings_.now);
  const std::shared_ptr<Seat> kept = std::move(seats_[seat.index_]);
  if (seat.index_ + 1 < seats_.size()) {
    seats_.back()->index_ = seat.index_;
    seats_[seat.index_] = std::move(seats_.back());
  }
  seats_.pop_back();
  seat.room_ = nullptr;
  seat.member_ = nullptr;
  if (gone) broadcast_awareness(*gone);
  if (seats_.empty()) empty_since_ = surroundings_.now;
}

Result<void> Room::receive_step1(Seat& seat, BytesView state_vector) {
  const Result<crdt::StateVector> known = crdt::StateVector::decode(state_vector);
  if (!known) return known.error();
  const protocol::Address& address = seat.member_->address();
  const Bytes difference = known->entries().empty() ? Bytes() : blocks_->encode_difference(*known);
  const BytesView step2 =
      known->entries().empty() ? BytesView(*blocks_->encode_state()) : BytesView(difference);
  const bool is_first = !std::exchange(seat.has_synced_, true);
  // A Hocuspocus client expects one Step1 for each of its own, and that before the Step2. y-websocket clients
  // ask again from time to time, and have answered ours already.
  if (address.dialect == Dialect::hocuspocus) {
    seat.member_->send(protocol::sync_step1(address, *blocks_->encoded_state_vector()));
    seat.member_->send(protocol::sync_step2(address, step2));
    return {};
  }
  seat.member_->send(protocol::sync_step2(address, step2));
  if (is_first) {
    seat.member_->send(protocol::sync_step1(address, *blocks_->encoded_state_vector()));
    send_awareness(seat);
  }
  return {};
}

Result<void> Room::receive_step2(Seat& seat, BytesView update) {
  if (seat.member_->scope() == Scope::read_only) {
    // Every client sends one, also one that has nothing to say.
    const Result<bool> known = blocks_->knows(update);
    if (!known) return known.error();
    acknowledge(seat, *known);
    return {};
  }
  return take_update(seat, update);
}

Result<void> Room::receive_update(Seat& seat, BytesView update) {
  if (seat.member_->scope() == Scope::read_only) {
    acknowledge(seat, false);
    return {};
  }
  return take_update(seat, update);
}

Result<void> Room::take_update(Seat& seat, BytesView update) {
  if (const Result<void> fits = check_room_for(update); !fits) return refuse_update(seat, fits.error());
  const Result<crdt::BlockStore::Applied> applied = blocks_->apply(update);
  if (!applied) return refuse_update(seat, applied.error());
  if (applied->effect == Effect::whole) publish(seat, update);
  if (applied->effect == Effect::part) publish(seat, applied->news);
  if (acks_.all_committed()) {
    acknowledge(seat, true);
  } else {
    acks_.owe(seats_[seat.index_]);
  }
  return {};
}

// What is over a limit is not taken and the author hears it; what is malformed is for the server to deal
// with.
Result<void> Room::refuse_update(Seat& seat, const Error& why) {
  if (why.code != Errc::too_large) return why;
  log::warning("room.update_refused",
               {{"room", name()}, {"user", seat.member_->user_id()}, {"reason", why.message}});
  acknowledge(seat, false);
  return {};
}

Result<void> Room::check_room_for(BytesView update) const {
  if (surroundings_.store.backlog_bytes() > surroundings_.limits.max_backlog_bytes) {
    return Error{Errc::too_large, "the database does not keep up, and no more than " +
                                      std::to_string(surroundings_.limits.max_backlog_bytes) +
                                      " bytes may wait for it"};
  }
  const std::size_t limit = surroundings_.limits.max_document_bytes;
  if (blocks_->live_bytes() + update.size() <= limit) return {};
  const Result<std::size_t> after = blocks_->live_bytes_after(update);
  if (!after) return after.error();
  if (*after <= std::max(limit, blocks_->live_bytes())) return {};
  return Error{Errc::too_large, "the document would grow past " + std::to_string(limit) + " bytes"};
}

// To the others and to the log. The log's row lies in one of the frames, so the update is copied once.
void Room::publish(Seat& author, BytesView update) {
  Frames frames(name(), [update](const protocol::Address& to) { return protocol::sync_update(to, update); });
  SharedBytes owner;
  for (const std::shared_ptr<Seat>& seat : seats_) {
    if (seat.get() == &author || seat->lag_) continue;
    owner = frames.for_address(seat->member_->address());
    seat->member_->send(owner);
    start_lag_if_slow(*seat);
  }
  if (!owner) owner = std::make_shared<const Bytes>(to_bytes(update));
  const BytesView row = BytesView(*owner).last(update.size());
  ++log_rows_;
  log_bytes_ += row.size();
  compaction_failed_ = false;
  surroundings_.store.append(
      {name_, owner, row, author.member_->user_id(), &surroundings_.sink, {id_, acks_.append()}});
}

void Room::start_lag_if_slow(Seat& seat) {
  if (seat.member_->backlog_bytes() <= surroundings_.limits.update_backlog_bytes) return;
  // Up to here it has everything in its queue.
  seat.lag_ = Seat::Lag{blocks_->state_vector(), surroundings_.now};
}

void Room::catch_up(Seat& seat) {
  const protocol::Address& address = seat.member_->address();
  if (seat.lag_) {
    seat.member_->send(protocol::sync_update(address, blocks_->encode_difference(seat.lag_->from)));
    seat.lag_.reset();
  }
  if (std::exchange(seat.missed_awareness_, false)) {
    if (const auto all = awareness_.present_and_gone())
      seat.member_->send(protocol::awareness_update(address, *all));
  }
}

void Room::acknowledge(Seat& seat, bool saved) {
  if (seat.has_left()) return;
  const protocol::Address& address = seat.member_->address();
  if (address.dialect == Dialect::hocuspocus) {
    seat.member_->send(protocol::sync_status(address, saved));
  } else if (!saved) {
    seat.member_->send(protocol::permission_denied(address, "the update was not taken"));
  }
}

void Room::committed(std::uint64_t sequence) {
  acks_.commit(sequence, [this](Seat& seat) { acknowledge(seat, true); });
}

Result<void> Room::receive_awareness(Seat& seat, BytesView update) {
  const Result<AwarenessSet::Change> change = awareness_.apply(seat, update, surroundings_.now);
  if (!change) return change.error();
  if (change->entries.empty()) return {};
  if (change->whole) {
    broadcast_awareness(update);
  } else {
    broadcast_awareness(protocol::write_awareness(change->entries));
  }
  return {};
}

// To everyone, its author too: nothing else may be coming, and a client that hears nothing for 30 s
// reconnects.
void Room::broadcast_awareness(BytesView update) {
  Frames frames(name(),
                [update](const protocol::Address& to) { return protocol::awareness_update(to, update); });
  for (const std::shared_ptr<Seat>& seat : seats_) {
    if (seat->lag_ || seat->member_->backlog_bytes() > surroundings_.limits.awareness_backlog_bytes) {
      seat->missed_awareness_ = true;
    } else {
      seat->member_->send(frames.for_address(seat->member_->address()));
    }
  }
}

void Room::send_awareness(Seat& seat) {
  if (const auto present = awareness_.present()) {
    seat.member_->send(protocol::awareness_update(seat.member_->address(), *present));
  }
}

void Room::tick() {
  if (const auto gone = awareness_.remove_silent(surroundings_.now)) broadcast_awareness(*gone);
  for (const std::shared_ptr<Seat>& seat : seats_) {
    if (seat->lag_ && surroundings_.now - seat->lag_->since > surroundings_.limits.max_lag) {
      seat->lag_->since = surroundings_.now;
      seat->member_->give_up(
          {Errc::unavailable, "the connection is too slow for the edits of this document"});
    }
  }
}

bool Room::wants_compaction() const {
  if (is_compacting_ || compaction_failed_ || log_rows_ == 0) return false;
  const Limits& limits = surroundings_.limits;
  return is_idle() || log_rows_ > limits.max_log_rows ||
         log_bytes_ > std::max(limits.min_log_bytes, state_bytes_);
}

void Room::compaction_ended(const Result<store::Compacted>& compacted) {
  is_compacting_ = false;
  compaction_failed_ = !compacted;
  if (!compacted) {
    log::error("room.compaction_failed", {{"room", name()}, {"reason", compacted.error().message}});
    return;
  }
  log_rows_ -= std::min(log_rows_, compacted->rows);
  log_bytes_ -= std::min(log_bytes_, compacted->log_bytes);
  state_bytes_ = compacted->state_bytes;
  log::debug("room.compacted",
             {{"room", name()}, {"rows", compacted->rows}, {"state_bytes", compacted->state_bytes}});
}

bool Room::may_unload() const {
  return is_idle() && !is_compacting_ && !wants_compaction();
}

bool Room::is_idle() const {
  return seats_.empty() && acks_.all_committed() &&
         surroundings_.now - empty_since_ >= surroundings_.limits.unload_delay;
}

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

void Seat::caught_up() {
  if (!has_left()) room_->catch_up(*this);
}

void Seat::leave() {
  if (!has_left()) room_->remove(*this);
}

}  // namespace canvas::room
