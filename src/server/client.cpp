#include "server/client.h"

#include <algorithm>

#include "log/log.h"
#include "protocol/document_name.h"
#include "protocol/frame.h"

namespace canvas::server {

using net::CloseCode;
using protocol::Dialect;

namespace {

// A name, a NUL and what a client calls its session.
constexpr std::size_t max_address_bytes = protocol::max_document_name_bytes + 1 + 256;

// What makes the server send a document, or ask the gatekeeper.
bool is_request(const protocol::Message& message) {
  return std::holds_alternative<protocol::SyncStep1>(message) ||
         std::holds_alternative<protocol::QueryAwareness>(message) ||
         std::holds_alternative<protocol::AuthToken>(message) ||
         std::holds_alternative<protocol::CloseDocument>(message);
}

CloseCode close_code_for(Errc denial) {
  if (denial == Errc::unauthenticated) return CloseCode::unauthorized;
  return denial == Errc::forbidden ? CloseCode::forbidden : CloseCode::try_again_later;
}

}  // namespace

Client::Client(ClientSurroundings& surroundings, Arrival arrival)
    : surroundings_(surroundings),
      id_(arrival.visitor.connection),
      credentials_(std::move(arrival.credentials)),
      visitor_(std::move(arrival.visitor)),
      document_(std::move(arrival.document)),
      gatekeeper_(std::move(arrival.gatekeeper)),
      updates_(static_cast<double>(surroundings.limits.max_updates_per_second),
               static_cast<double>(surroundings.limits.update_burst)),
      requests_(static_cast<double>(surroundings.limits.max_requests_per_second),
                10 * static_cast<double>(surroundings.limits.max_requests_per_second)),
      awareness_(static_cast<double>(surroundings.limits.max_awareness_per_second),
                 static_cast<double>(surroundings.limits.max_awareness_per_second)) {
  if (!arrival.permit) return;
  places_.emplace(arrival.permit->identity().user_id, std::move(arrival.place));
  early_permit_ = std::make_shared<EarlyPermit>(EarlyPermit{std::move(arrival.permit)});
  early_permit_->permit->on_change(
      [early = std::weak_ptr(early_permit_)](const Result<auth::Access>& access) {
        const auto held = early.lock();
        if (!held || access) return;
        held->revoked = access.error();
        if (held->on_revoked) held->on_revoked();
      });
}

Client::~Client() = default;

void Client::on_open(net::WebSocket& socket) {
  socket_ = &socket;
  connected_ = std::chrono::steady_clock::now();
  surroundings_.clients.insert(this);
  surroundings_.metrics.connected();
  socket_->set_max_message_bytes(surroundings_.limits.max_message_bytes_before_admission);
  log::debug("client.connected", {{"connection", id_}, {"address", visitor_.address.text}});
  if (surroundings_.draining) return close(CloseCode::service_restart, "the server restarts");
  if (!early_permit_) return;
  early_permit_->on_revoked = [this] { early_permit_revoked(); };
  if (early_permit_->revoked) early_permit_revoked();
}

// It has said nothing yet, and need not.
void Client::early_permit_revoked() {
  const Error why = *early_permit_->revoked;
  surroundings_.audit.revoked(whom(&*document_, &early_permit_->permit->identity()), why);
  close(close_code_for(why.code), why.message);
}

void Client::on_message(BytesView message) {
  received_bytes_ += message.size();
  if (surroundings_.draining) return;
  surroundings_.registry.set_received(std::chrono::steady_clock::now());
  if (const Result<void> received = receive(message); !received) fail(received.error());
  surroundings_.registry.set_received(std::nullopt);
}

Result<void> Client::receive(BytesView frame) {
  if (frame.empty()) return malformed("a message is empty");
  if (!dialect_) {
    dialect_ = protocol::detect_dialect(frame);
    if (*dialect_ == Dialect::hocuspocus) early_permit_.reset();
  }
  const Result<protocol::Received> received = protocol::read_message(*dialect_, frame);
  if (!received) return received.error();
  if (std::holds_alternative<protocol::Ping>(received->message)) {
    send(protocol::pong());
    return {};
  }
  if (std::holds_alternative<protocol::Pong>(received->message)) return {};
  count(received->message);
  return *dialect_ == Dialect::hocuspocus ? receive_hocuspocus(*received, frame)
                                          : receive_y_websocket(*received, frame);
}

// Who sends too fast is read no faster than it may send. Before it is let in other limits bound it.
void Client::count(const protocol::Message& message) {
  if (std::holds_alternative<protocol::AwarenessUpdate>(message)) surroundings_.metrics.awareness_received();
  constexpr std::size_t empty_update_bytes = 2;
  if (is_request(message)) {
    pause(requests_.take(std::chrono::steady_clock::now()), limit::requests_per_second,
          surroundings_.limits.max_requests_per_second, "requests a second: it is read more slowly");
  }
  const auto* step2 = std::get_if<protocol::SyncStep2>(&message);
  const bool is_update = std::holds_alternative<protocol::SyncUpdate>(message) ||
                         (step2 != nullptr && step2->update.size() > empty_update_bytes);
  if (!is_update) return;
  surroundings_.metrics.update_received();
  if (!admitted_) return;
  pause(updates_.take(std::chrono::steady_clock::now()), limit::updates_per_second,
        surroundings_.limits.max_updates_per_second, "updates a second: it is read more slowly");
}

void Client::pause(std::chrono::milliseconds time, std::string_view limit, std::size_t value,
                   std::string_view what) {
  if (time.count() <= 0) return;
  const net::Time now = std::chrono::steady_clock::now();
  // One line for all of a flood.
  if (now - paused_until_ > std::chrono::seconds(1)) {
    surroundings_.audit.limit_hit(whom(nullptr), limit, limit_reached(limit, value, what).message);
  }
  surroundings_.metrics.paused();
  paused_until_ = std::max(paused_until_, now + time);
  socket_->pause_reading(time);
}

Result<void> Client::receive_hocuspocus(const protocol::Received& received, BytesView frame) {
  if (received.address.size() > max_address_bytes) return malformed("the address of a document is too long");
  const auto known = sessions_.find(received.address);
  if (std::holds_alternative<protocol::CloseDocument>(received.message)) {
    if (known == sessions_.end()) return {};
    const std::shared_ptr<DocumentSession> session = std::move(known->second);
    sessions_.erase(known);
    session->end();
    return {};
  }
  if (known != sessions_.end()) return known->second->receive(received.message, frame);
  const std::string document(protocol::document_of(received.address));
  const Result<DocumentSession*> session = find_or_add(received.address, document);
  if (!session) return session.error();
  if (const Result<void> checked = protocol::check_document_name(document); !checked) {
    (*session)->refuse(checked.error().message);
    return {};
  }
  return (*session)->receive(received.message, frame);
}

Result<void> Client::receive_y_websocket(const protocol::Received& received, BytesView frame) {
  if (!document_) {
    close(CloseCode::forbidden, "the URL names no document");
    return {};
  }
  const Result<DocumentSession*> session = find_or_add("", *document_);
  if (!session) return session.error();
  return (*session)->receive(received.message, frame);
}

Result<DocumentSession*> Client::find_or_add(std::string_view address, const std::string& document) {
  if (const auto known = sessions_.find(address); known != sessions_.end()) return known->second.get();
  const ClientLimits& limits = surroundings_.limits;
  if (limits.max_documents > 0 && sessions_.size() >= limits.max_documents)
    return limit_hit(limit::documents, limits.max_documents, "documents a connection");
  const auto undecided = std::count_if(sessions_.begin(), sessions_.end(),
                                       [](const auto& entry) { return entry.second->is_undecided(); });
  if (limits.max_pending_documents > 0 && std::cmp_greater_equal(undecided, limits.max_pending_documents))
    return limit_hit(limit::pending_documents, limits.max_pending_documents,
                     "documents that wait for access");
  auto session =
      std::make_shared<DocumentSession>(*this, protocol::Address{*dialect_, std::string(address)}, document);
  return sessions_.emplace(std::string(address), std::move(session)).first->second.get();
}

void Client::fail(const Error& why) {
  if (!std::exchange(limit_said_, false)) surroundings_.audit.malformed(whom(nullptr), why.message);
  const CloseCode code =
      why.code == Errc::malformed ? CloseCode::invalid_payload : CloseCode::policy_violation;
  close(code, why.message);
}

void Client::close(CloseCode code, std::string_view reason, net::WebSocket::Unsent unsent) {
  constexpr std::size_t max_reason_bytes = 123;  // RFC 6455, 5.5
  if (socket_ == nullptr) return;
  socket_->close(code, reason.substr(0, max_reason_bytes), unsent);
}

void Client::on_too_big() {
  const ClientLimits& limits = surroundings_.limits;
  limit_hit(limit::message_bytes,
            admitted_ ? limits.max_message_bytes : limits.max_message_bytes_before_admission,
            admitted_ ? "bytes a message" : "bytes a message, before somebody is let in");
}

void Client::on_drained() {
  for (const auto& [address, session] : sessions_) session->drained();
}

void Client::on_tick(net::Time now) {
  if (!opened_) {
    opened_ = now;
    last_sent_ = now;
  }
  if (std::exchange(has_sent_, false)) last_sent_ = now;
  const ClientLimits& limits = surroundings_.limits;
  if (!admitted_ && limits.admission_timeout.count() > 0 && now - *opened_ > limits.admission_timeout) {
    limit_hit(limit::admission_timeout, static_cast<std::size_t>(limits.admission_timeout.count()),
              "seconds to open a document");
    return close(last_denial_ ? close_code_for(*last_denial_) : CloseCode::try_again_later,
                 "no document was opened in time");
  }
  if (now - last_sent_ < limits.keep_alive_interval) return;
  for (const auto& [address, session] : sessions_) {
    if (session->is_open()) return send(protocol::keep_alive(session->address()));
  }
}

void Client::on_closed() {
  if (const net::Ending ending = socket_->ending(); ending.by == net::Ending::By::server)
    surroundings_.metrics.closed(ending.code);
  log_disconnected();
  socket_ = nullptr;
  for (const auto& [address, session] : sessions_) session->end();
  sessions_.clear();
  surroundings_.clients.erase(this);
}

void Client::log_disconnected() const {
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - connected_;
  const net::Ending ending = socket_->ending();
  log::debug("client.disconnected", {{"connection", id_},
                                     {"address", visitor_.address.text},
                                     {"seconds", time.count()},
                                     {"received_bytes", received_bytes_},
                                     {"sent_bytes", sent_bytes_},
                                     {"code", ending.code},
                                     {"by", net::name_of(ending.by)}});
}

void Client::send(protocol::Frame frame) {
  if (socket_ == nullptr) return;
  has_sent_ = true;
  sent_bytes_ += frame->size();
  socket_->send(std::move(frame));
}

std::size_t Client::backlog_bytes() const {
  return socket_ == nullptr ? 0 : socket_->backlog_bytes();
}

void Client::admit(std::string_view token, const std::string& document, auth::Gatekeeper::Admitted done) {
  if (const auto early = std::exchange(early_permit_, nullptr)) {
    if (early->revoked) return done(*early->revoked);
    return done(early->permit);
  }
  if (token.size() > auth::max_credential_bytes)
    return done(Error{Errc::unauthenticated, "the token is too long"});
  if (gatekeeper_) return gatekeeper_->admit(credentials_, document, std::move(done));
  credentials_.token = token;
  surroundings_.doorkeeper.admit(visitor_, credentials_, document, std::move(done));
  credentials_.token.clear();
}

Result<void> Client::take_place(const auth::Identity& identity, const std::string& document) {
  if (places_.contains(identity.user_id)) return {};
  Result<Doorkeeper::Place> place =
      surroundings_.doorkeeper.place_for(identity.user_id, whom(&document, &identity));
  if (!place) return place.error();
  places_.emplace(identity.user_id, std::move(*place));
  return {};
}

void Client::was_admitted() {
  admitted_ = true;
  if (socket_ != nullptr) socket_->set_max_message_bytes(surroundings_.limits.max_message_bytes);
}

void Client::was_denied(const Error& why) {
  last_denial_ = why.code;
  // At a limit it should come again, later.
  if (*dialect_ == Dialect::y_websocket || why.code == Errc::too_large)
    close(close_code_for(why.code), why.message);
}

void Client::was_revoked(const Error& why) {
  const bool has_others = std::any_of(sessions_.begin(), sessions_.end(),
                                      [](const auto& entry) { return entry.second->is_alive(); });
  if (!has_others) close(close_code_for(why.code), why.message);
}

Result<void> Client::note_pending(std::size_t bytes) {
  const ClientLimits& limits = surroundings_.limits;
  if (limits.max_pending_bytes > 0 && pending_bytes_ + bytes > limits.max_pending_bytes)
    return limit_hit(limit::pending_bytes, limits.max_pending_bytes,
                     "bytes for documents that are not open yet");
  if (limits.max_pending_messages > 0 && pending_messages_ >= limits.max_pending_messages) {
    return limit_hit(limit::pending_messages, limits.max_pending_messages,
                     "messages for documents that are not open yet");
  }
  if (limits.max_pending_bytes_in_all > 0 &&
      surroundings_.pending_bytes + bytes > limits.max_pending_bytes_in_all) {
    return limit_hit(limit::pending_bytes_in_all, limits.max_pending_bytes_in_all,
                     "bytes of all clients for documents that are not open yet");
  }
  surroundings_.pending_bytes += bytes;
  pending_bytes_ += bytes;
  ++pending_messages_;
  return {};
}

Error Client::limit_hit(std::string_view name, std::size_t value, std::string_view what) {
  Error why = limit_reached(name, value, what);
  surroundings_.audit.limit_hit(whom(nullptr), name, why.message);
  limit_said_ = true;
  return why;
}

void Client::forget_pending(std::size_t bytes) {
  surroundings_.pending_bytes -= bytes;
  pending_bytes_ -= bytes;
  --pending_messages_;
}

bool Client::may_send_awareness() {
  return awareness_.try_take(std::chrono::steady_clock::now());
}

void Client::hold_awareness(DocumentSession& session, std::size_t held_before, std::size_t held) {
  // Past this the client waits, so that what it may make us hold is bounded.
  constexpr std::size_t max_held_bytes = 1u << 20;
  surroundings_.metrics.awareness_coalesced();
  held_bytes_ = held_bytes_ - held_before + held;
  if (session.enter_line()) holding_.push_back(session.weak_from_this());
  if (held_bytes_ > max_held_bytes) {
    session.release_awareness();
    return pause(awareness_.take(std::chrono::steady_clock::now()), limit::awareness_per_second,
                 surroundings_.limits.max_awareness_per_second, "presence a second: it is read more slowly");
  }
  release_awareness_later();
}

void Client::forget_in_line(const DocumentSession& session) {
  std::erase_if(holding_, [&](const auto& each) { return each.lock().get() == &session; });
}

void Client::release_awareness_later() {
  if (std::exchange(release_is_due_, true)) return;
  const auto delay = std::max(awareness_.until_next(), std::chrono::milliseconds(1));
  surroundings_.after(delay, [self = weak_from_this()] {
    if (const auto client = self.lock()) client->release_awareness();
  });
}

void Client::release_awareness() {
  release_is_due_ = false;
  while (!holding_.empty() && may_send_awareness()) {
    const auto session = holding_.front().lock();
    holding_.pop_front();
    if (session) session->leave_line();
  }
  if (!holding_.empty()) release_awareness_later();
}

Client::Sight Client::look() const {
  Sight sight{.dialect = dialect_};
  for (const auto& [address, session] : sessions_) {
    if (session->is_open()) ++sight.open_documents;
    if (session->is_behind()) ++sight.slow_documents;
  }
  return sight;
}

Whom Client::whom(const std::string* document, const auth::Identity* identity) const {
  return {id_, visitor_.address.text, dialect_, document, identity};
}

}  // namespace canvas::server
