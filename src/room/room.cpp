#include "room/room.h"

#include <algorithm>

#include "crdt/update_reader.h"
#include "log/log.h"
#include "room/frames_internal.h"

namespace canvas::room {

using protocol::Dialect;
using protocol::Scope;
using Effect = crdt::BlockStore::Applied::Effect;

namespace {

// By how many bytes a document that is encoded whole can grow by an update that has been sent: a deletion may
// cut a block in two, and leave a deleted one between.
std::size_t encoded_growth(BytesView update, std::size_t deleted_ranges) {
  constexpr std::size_t bytes_per_deletion = 48;
  return update.size() + deleted_ranges * bytes_per_deletion;
}

// The same without a look into it: a range takes two bytes at least.
std::size_t most_encoded_growth(BytesView update) {
  return encoded_growth(update, update.size() / 2);
}

}  // namespace

std::string_view name_of(ReadOnlyReason reason) {
  return reason == ReadOnlyReason::damaged ? "damaged" : "overloaded";
}

Room::Room(std::uint64_t id, std::string name, LoadedDocument document, Surroundings& surroundings)
    : id_(id),
      name_(std::make_shared<const std::string>(std::move(name))),
      surroundings_(surroundings),
      blocks_(std::move(document.blocks)),
      awareness_(surroundings.limits),
      empty_since_(surroundings.now),
      encoded_size_(document.state_bytes + document.log_bytes),
      is_damaged_(!document.damages.empty()),
      log_rows_(document.log_rows),
      log_bytes_(document.log_bytes),
      state_bytes_(document.state_bytes) {
  if (!is_damaged_) return;
  ++surroundings_.read_only_rooms.damaged;
  log_read_only();
}

Room::~Room() {
  if (is_damaged_) --surroundings_.read_only_rooms.damaged;
  if (is_overloaded_) --surroundings_.read_only_rooms.overloaded;
  for (const auto& seat : seats_) seat->room_ = nullptr;
}

std::shared_ptr<Seat> Room::add(Member& member) {
  auto seat = std::make_shared<Seat>(*this, member, awareness_.departures());
  seat->index_ = seats_.size();
  seats_.push_back(seat);
  announce_scope(*seat);
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
  const auto send_ours = [&] {
    seat.refusals_.greet();
    seat.member_->send(protocol::sync_step1(address, *blocks_->encoded_state_vector()));
  };
  // A Hocuspocus client expects one Step1 for each of its own, and that before the Step2. y-websocket clients
  // ask again from time to time, and have answered ours already.
  if (address.dialect == Dialect::hocuspocus) {
    seat.refusals_.start_over();
    send_ours();
    seat.member_->send(protocol::sync_step2(address, step2));
    return {};
  }
  seat.member_->send(protocol::sync_step2(address, step2));
  if (is_first) {
    send_ours();
    send_awareness(seat);
  }
  return {};
}

Result<void> Room::receive_step2(Seat& seat, BytesView update) {
  const Worth worth = seat.refusals_.take_answer() ? Worth::all_refusals : Worth::one;
  weigh_backlog();
  if (scope_of(seat) == Scope::read_write) return take_update(seat, update, worth);
  // Every client sends one, also one that has nothing to say.
  const Result<bool> known = blocks_->knows(update);
  if (!known) return known.error();
  if (*known) {
    acknowledge_when_saved(seat, worth);
  } else {
    refuse_reader(seat, worth);
  }
  return {};
}

Result<void> Room::receive_update(Seat& seat, BytesView update) {
  weigh_backlog();
  if (scope_of(seat) == Scope::read_write) return take_update(seat, update, Worth::one);
  refuse_reader(seat, Worth::one);
  return {};
}

Result<void> Room::take_update(Seat& seat, BytesView update, Worth worth) {
  if (const Result<void> fits = check_encoded_size_after(update); !fits)
    return refuse_update(seat, worth, encoded_bytes_limit, fits.error());
  if (const Result<void> fits = check_live_size_after(update); !fits)
    return refuse_update(seat, worth, document_bytes_limit, fits.error());
  const Result<crdt::BlockStore::Applied> applied = blocks_->apply(update);
  if (!applied) {
    Error why = applied.error();
    if (why.code == Errc::too_large) why.message += " (--max-waiting-bytes)";
    return refuse_update(seat, worth, waiting_bytes_limit, why);
  }
  if (applied->effect == Effect::whole) publish(seat, update, applied->deleted_ranges);
  if (applied->effect == Effect::part) publish(seat, applied->news, applied->deleted_ranges);
  acknowledge_when_saved(seat, worth);
  return {};
}

// What is over a limit is not taken and the author hears it; what is malformed is for the server to deal
// with.
Result<void> Room::refuse_update(Seat& seat, Worth worth, std::string_view limit, const Error& why) {
  if (why.code != Errc::too_large) return why;
  surroundings_.tally.refused(UpdateRefusal::limit);
  seat.member_->limit_hit(limit, why);
  refuse(seat, worth, why.message);
  return {};
}

void Room::refuse_reader(Seat& seat, Worth worth) {
  seat.refusals_.want_again();
  if (seat.member_->scope() == Scope::read_only) {
    surroundings_.tally.refused(UpdateRefusal::reader);
    return refuse(seat, worth, "the update was not taken: the document may only be read here");
  }
  surroundings_.tally.refused(is_damaged_ ? UpdateRefusal::damaged : UpdateRefusal::overloaded);
  refuse(seat, worth,
         read_only() == ReadOnlyReason::damaged
             ? "the update was not taken: the document is damaged, and can only be read until it is repaired"
             : "the update was not taken: the database does not keep up; it will be asked for again");
}

void Room::refuse(Seat& seat, Worth worth, std::string_view why) {
  if (worth == Worth::one) seat.refusals_.add();
  const protocol::Address& address = seat.member_->address();
  seat.member_->send(address.dialect == Dialect::hocuspocus ? protocol::sync_status(address, false)
                                                            : protocol::permission_denied(address, why));
}

Result<void> Room::check_encoded_size_after(BytesView update) {
  if (!would_be_too_long_encoded(update)) return {};
  return Error{Errc::too_large, "limit: the document with what was deleted in it would grow past " +
                                    std::to_string(surroundings_.limits.max_encoded_bytes) +
                                    " bytes (--max-encoded-bytes)"};
}

Result<void> Room::check_live_size_after(BytesView update) const {
  const std::size_t limit = surroundings_.limits.max_document_bytes;
  if (blocks_->live_bytes() + update.size() <= limit) return {};
  const Result<std::size_t> after = blocks_->live_bytes_after(update);
  if (!after) return after.error();
  if (*after <= std::max(limit, blocks_->live_bytes())) return {};
  return Error{Errc::too_large, "limit: the document would grow past " + std::to_string(limit) +
                                    " bytes (--max-document-bytes)"};
}

bool Room::would_be_too_long_encoded(BytesView update) {
  const std::size_t limit = surroundings_.limits.max_encoded_bytes;
  if (encoded_size_.surely_has_room(most_encoded_growth(update), limit)) return false;
  const auto measured = crdt::measure_update(update);
  if (!measured) return false;  // it will not be taken
  const std::size_t growth = encoded_growth(update, measured->deleted_ranges);
  const auto measure = [this] { return blocks_->encode_state()->size(); };
  // An update without blocks only deletes.
  const bool only_deletes = !update.empty() && update.front() == 0;
  return only_deletes ? !encoded_size_.has_room_to_delete(growth, limit, surroundings_.now, measure)
                      : !encoded_size_.has_room(growth, limit, surroundings_.now, measure);
}

// To the others and to the log. The log's row lies in one of the frames, so the update is copied once.
void Room::publish(Seat& author, BytesView update, std::size_t deleted_ranges) {
  Frames frames(name(), [update](const protocol::Address& to) { return protocol::sync_update(to, update); });
  SharedBytes owner;
  std::size_t receivers = 0;
  for (const std::shared_ptr<Seat>& seat : seats_) {
    if (seat.get() == &author || seat->lag_) continue;
    owner = frames.for_address(seat->member_->address());
    seat->member_->send(owner);
    ++receivers;
    start_lag_if_slow(*seat);
  }
  ++surroundings_.tally.updates_taken;
  surroundings_.tally.broadcast(receivers, surroundings_.received);
  if (!owner) owner = std::make_shared<const Bytes>(to_bytes(update));
  const BytesView row = BytesView(*owner).last(update.size());
  ++log_rows_;
  log_bytes_ += row.size();
  encoded_size_.took(encoded_growth(row, deleted_ranges));
  surroundings_.store.append(
      {name_, owner, row, author.member_->user_id(), &surroundings_.sink, {id_, acks_.append(row.size())}});
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
    ++surroundings_.tally.differences_sent;
  }
  if (std::exchange(seat.missed_awareness_, false)) {
    if (const auto all = awareness_.present_and_gone())
      seat.member_->send(protocol::awareness_update(address, *all));
  }
}

void Room::acknowledge_when_saved(Seat& seat, Worth worth) {
  const std::size_t count = worth == Worth::one ? 1 : seat.refusals_.settle();
  if (acks_.all_committed()) {
    acknowledge(seat, count, std::nullopt);
  } else if (count > 0) {
    acks_.owe(seats_[seat.index_], count, surroundings_.received);
  }
}

void Room::acknowledge(Seat& seat, std::size_t count, std::optional<Time> received) {
  if (seat.has_left()) return;
  const protocol::Address& address = seat.member_->address();
  if (address.dialect == Dialect::y_websocket) return;  // which has no such message
  surroundings_.tally.acknowledged(count, received);
  for (; count > 0; --count) seat.member_->send(protocol::sync_status(address, true));
}

void Room::committed(std::uint64_t sequence) {
  acks_.commit(sequence, [this](Seat& seat, std::size_t count, std::optional<Time> received) {
    acknowledge(seat, count, received);
  });
  weigh_backlog();
}

std::optional<ReadOnlyReason> Room::read_only() const {
  if (is_damaged_) return ReadOnlyReason::damaged;
  if (is_overloaded_) return ReadOnlyReason::overloaded;
  return std::nullopt;
}

Scope Room::scope_of(const Seat& seat) const {
  return read_only() ? Scope::read_only : seat.member_->scope();
}

// Between the limits and their halves all stays as it is, so that the members are not told every moment.
void Room::weigh_backlog() {
  if (is_damaged_) return;
  const Limits& limits = surroundings_.limits;
  const std::size_t divisor = is_overloaded_ ? 2 : 1;
  const bool is_too_much = acks_.waiting_bytes() > limits.max_room_backlog_bytes / divisor ||
                           surroundings_.store.backlog_bytes() > limits.max_backlog_bytes / divisor;
  if (is_too_much == is_overloaded_) return;
  is_overloaded_ = is_too_much;
  if (is_overloaded_) {
    ++surroundings_.read_only_rooms.overloaded;
  } else {
    --surroundings_.read_only_rooms.overloaded;
  }
  log_read_only();
  for (const std::shared_ptr<Seat>& seat : seats_) scope_changed(*seat);
}

void Room::scope_changed(Seat& seat) {
  announce_scope(seat);
  ask_for_refused(seat);
}

void Room::log_read_only() const {
  if (const auto reason = read_only()) {
    log::warning("room.read_only",
                 {{"room", name()}, {"reason", name_of(*reason)}, {"backlog_bytes", acks_.waiting_bytes()}});
  } else {
    log::info("room.writable", {{"room", name()}});
  }
}

// y-websocket has no message for it: there a refused update is told why.
void Room::announce_scope(Seat& seat) {
  const Scope scope = scope_of(seat);
  if (std::exchange(seat.announced_scope_, scope) == scope) return;
  const protocol::Address& address = seat.member_->address();
  if (address.dialect == Dialect::hocuspocus) seat.member_->send(protocol::authenticated(address, scope));
}

void Room::ask_for_refused(Seat& seat) {
  if (scope_of(seat) == Scope::read_only || !seat.refusals_.ask_again()) return;
  seat.member_->send(protocol::sync_step1(seat.member_->address(), *blocks_->encoded_state_vector()));
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
      ++surroundings_.tally.awareness_sent;
    }
  }
}

void Room::send_awareness(Seat& seat) {
  if (const auto present = awareness_.present()) {
    seat.member_->send(protocol::awareness_update(seat.member_->address(), *present));
  }
}

void Room::tick() {
  weigh_backlog();
  if (const auto gone = awareness_.remove_silent(surroundings_.now)) broadcast_awareness(*gone);
  for (const std::shared_ptr<Seat>& seat : seats_) {
    if (seat->lag_ && surroundings_.now - seat->lag_->since > surroundings_.limits.max_lag) {
      seat->lag_->since = surroundings_.now;
      ++surroundings_.tally.members_given_up;
      seat->member_->give_up(
          {Errc::unavailable, "the connection is too slow for the edits of this document"});
    }
  }
}

bool Room::wants_compaction() const {
  if (is_damaged_ || is_compacting_ || log_rows_ == 0) return false;
  const Limits& limits = surroundings_.limits;
  if (compaction_failed_ && surroundings_.now - *compaction_failed_ < limits.compaction_retry_delay)
    return false;
  return is_idle() || log_rows_ > limits.max_log_rows ||
         log_bytes_ > std::max(limits.min_log_bytes, state_bytes_);
}

void Room::compaction_started() {
  is_compacting_ = true;
  const bool is_all_on_disk = acks_.all_committed();
  rows_to_fold_ = is_all_on_disk ? log_rows_ : 0;
  bytes_to_fold_ = is_all_on_disk ? log_bytes_ : 0;
}

void Room::compaction_ended(const Result<store::Compacted>& compacted) {
  is_compacting_ = false;
  compaction_failed_.reset();
  if (!compacted) {
    compaction_failed_ = surroundings_.now;
    log::error("room.compaction_failed", {{"room", name()}, {"reason", compacted.error().message}});
    return;
  }
  log_rows_ -= std::min(log_rows_, std::max(compacted->rows, rows_to_fold_));
  log_bytes_ -= std::min(log_bytes_, std::max(compacted->log_bytes, bytes_to_fold_));
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

}  // namespace canvas::room
