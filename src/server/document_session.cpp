#include "server/document_session.h"

#include "server/client.h"

namespace canvas::server {

using protocol::Dialect;

DocumentSession::DocumentSession(Client& client, protocol::Address address, std::string name)
    : client_(&client), address_(std::move(address)), name_(std::move(name)) {}

Result<void> DocumentSession::receive(const protocol::Message& message, BytesView frame) {
  const auto* token = std::get_if<protocol::AuthToken>(&message);
  switch (state_) {
    case State::ended: return {};
    case State::joined:
      if (token == nullptr) return pass_on(message);
      ask_again(token->token);
      return {};
    case State::denied:
      // What was on its way when the answer was no is dropped: without a token it must not pass for a
      // guest's.
      if (token != nullptr) ask(token->token);
      return {};
    case State::silent:
      if (token != nullptr) {
        ask(token->token);
        return {};
      }
      if (Result<void> kept = keep(frame); !kept) return kept;
      // Who has no token says nothing before Step1; an update or a presence may still be followed by one.
      if (address_.dialect == Dialect::y_websocket || std::holds_alternative<protocol::SyncStep1>(message))
        ask({});
      return {};
    case State::asking:
    case State::joining: return token == nullptr ? keep(frame) : Result<void>();
  }
  return {};
}

Result<void> DocumentSession::keep(BytesView frame) {
  if (Result<void> noted = client_->note_pending(frame.size()); !noted) return noted;
  pending_.push_back(to_bytes(frame));
  return {};
}

void DocumentSession::ask(std::string_view token) {
  state_ = State::asking;
  client_->admit(token, name_, [self = weak_from_this()](auth::Admission permit) {
    if (const auto session = self.lock()) session->answered(std::move(permit));
  });
}

void DocumentSession::answered(auth::Admission permit) {
  if (state_ != State::asking) return;
  if (permit) return enter(std::move(*permit));
  // At a limit that has been said.
  if (permit.error().code != Errc::too_large) client_->audit().refused(whom(), permit.error());
  if (permit.error().code == Errc::unavailable)
    return client_->close(net::CloseCode::try_again_later, permit.error().message);
  deny(permit.error());
}

void DocumentSession::deny(const Error& why) {
  leave_room();
  state_ = State::denied;
  send(protocol::permission_denied(address_, why.message));
  client_->was_denied(why);
}

void DocumentSession::enter(std::shared_ptr<auth::Permit> permit) {
  const Result<void> placed = client_->take_place(permit->identity(), name_);
  if (!placed) return deny(placed.error());
  hold(std::move(permit));
  state_ = State::joining;
  client_->audit().accepted(whom(), permit_->access());
  client_->was_admitted();
  if (address_.dialect == Dialect::hocuspocus) send(protocol::authenticated(address_, scope()));
  client_->registry().join(name_, *this);
}

void DocumentSession::ask_again(std::string_view token) {
  if (is_asking_again_) {
    next_token_ = token.substr(0, auth::max_credential_bytes + 1);  // that much is too long
    return;
  }
  is_asking_again_ = true;
  client_->admit(token, name_, [self = weak_from_this()](auth::Admission permit) {
    if (const auto session = self.lock()) session->answered_again(std::move(permit));
  });
}

void DocumentSession::answered_again(auth::Admission permit) {
  is_asking_again_ = false;
  const std::optional<std::string> next = std::exchange(next_token_, std::nullopt);
  if (state_ != State::joined) return;
  if (next) return ask_again(*next);
  // What was not looked at, at a limit, changes nothing either.
  if (!permit && permit.error().code != Errc::unavailable && permit.error().code != Errc::too_large)
    return revoke(permit.error());
  if (permit) {
    if ((*permit)->identity().user_id != user_id())
      return revoke({Errc::forbidden, "the document is open for somebody else"});
    hold(std::move(*permit));
    seat_->scope_changed();
  }
  send(protocol::authenticated(address_, seat_->scope()));
}

void DocumentSession::hold(std::shared_ptr<auth::Permit> permit) {
  permit_ = std::move(permit);
  permit_->on_change([self = weak_from_this(), held = permit_.get()](const Result<auth::Access>& access) {
    const auto session = self.lock();
    if (!session || session->permit_.get() != held) return;
    if (access) return session->access_changed();
    const Error why = access.error();  // goes with the permit
    session->revoke(why);
  });
}

void DocumentSession::access_changed() {
  client_->audit().changed(whom(), permit_->access());
  if (state_ == State::joined) {
    seat_->scope_changed();
  } else if (address_.dialect == Dialect::hocuspocus) {
    send(protocol::authenticated(address_, scope()));
  }
}

void DocumentSession::revoke(const Error& why) {
  client_->audit().revoked(whom(), why);
  if (why.code == Errc::unavailable) {
    end();
    return client_->close(net::CloseCode::try_again_later, why.message);
  }
  deny(why);
  client_->was_revoked(why);
}

void DocumentSession::leave_room() {
  if (state_ == State::joining) client_->registry().cancel(name_, *this);
  if (seat_) seat_->leave();
  seat_.reset();
  permit_.reset();
  if (!held_awareness_.is_empty()) client_->forget_held(held_awareness_.bytes());
  held_awareness_ = {};
  if (std::exchange(is_in_line_, false)) client_->forget_in_line(*this);
  forget_pending();
}

void DocumentSession::refuse(std::string_view reason) {
  state_ = State::ended;
  // The name is not one that can be shown.
  client_->audit().refused(client_->whom(nullptr), malformed(reason));
  send(protocol::permission_denied(address_, reason));
}

void DocumentSession::joined(std::shared_ptr<room::Seat> seat) {
  seat_ = std::move(seat);
  state_ = State::joined;
  std::deque<Bytes> pending = std::exchange(pending_, {});
  for (const Bytes& frame : pending) {
    client_->forget_pending(frame.size());
    const Result<protocol::Received> received = protocol::read_message(address_.dialect, frame);
    const Result<void> passed = received ? pass_on(received->message) : received.error();
    if (!passed) return client_->fail(passed.error());
  }
}

void DocumentSession::refused(const Error& why) {
  if (client_->registry().is_full()) client_->audit().limit_hit(whom(), limit::rooms, why.message);
  state_ = State::ended;
  client_->close(net::CloseCode::try_again_later, why.message);
}

Result<void> DocumentSession::pass_on(const protocol::Message& message) {
  if (const auto* step1 = std::get_if<protocol::SyncStep1>(&message))
    return seat_->sync_step1(step1->state_vector);
  if (const auto* step2 = std::get_if<protocol::SyncStep2>(&message)) return seat_->sync_step2(step2->update);
  if (const auto* update = std::get_if<protocol::SyncUpdate>(&message))
    return seat_->sync_update(update->update);
  if (const auto* awareness = std::get_if<protocol::AwarenessUpdate>(&message))
    return pass_on_awareness(awareness->update);
  if (std::holds_alternative<protocol::QueryAwareness>(message) && address_.dialect == Dialect::y_websocket) {
    seat_->query_awareness();
  }
  // Stateless messages are for the application of a Hocuspocus server; nobody here takes them, and nobody
  // expects an answer.
  return {};
}

Result<void> DocumentSession::pass_on_awareness(BytesView update) {
  const std::size_t held_before = held_awareness_.bytes();
  if (held_before == 0 && client_->may_send_awareness()) return seat_->awareness(update);
  if (Result<void> added = held_awareness_.add(update); !added) return added;
  if (held_awareness_.is_empty()) return {};
  client_->hold_awareness(*this, held_before, held_awareness_.bytes());
  return {};
}

void DocumentSession::leave_line() {
  is_in_line_ = false;
  release_awareness();
}

void DocumentSession::release_awareness() {
  if (held_awareness_.is_empty()) return;
  client_->forget_held(held_awareness_.bytes());
  const Result<void> passed = seat_->awareness(held_awareness_.take());
  if (!passed) client_->fail(passed.error());
}

void DocumentSession::end() {
  leave_room();
  state_ = State::ended;
}

void DocumentSession::forget_pending() {
  for (const Bytes& frame : pending_) client_->forget_pending(frame.size());
  pending_.clear();
}

Whom DocumentSession::whom() const {
  return client_->whom(&name_, permit_ ? &permit_->identity() : nullptr);
}

void DocumentSession::drained() {
  if (is_behind()) seat_->caught_up();
}

protocol::Scope DocumentSession::scope() const {
  return permit_->access() == auth::Access::edit ? protocol::Scope::read_write : protocol::Scope::read_only;
}

void DocumentSession::send(protocol::Frame frame) {
  client_->send(std::move(frame));
}

std::size_t DocumentSession::backlog_bytes() const {
  return client_->backlog_bytes();
}

void DocumentSession::limit_hit(std::string_view limit, const Error& why) {
  client_->audit().limit_hit(whom(), limit, why.message);
}

void DocumentSession::give_up(const Error& why) {
  client_->close(net::CloseCode::try_again_later, why.message, net::WebSocket::Unsent::discard);
}

}  // namespace canvas::server
