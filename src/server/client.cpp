#include "server/client.h"

#include <algorithm>

#include "base/log.h"
#include "protocol/document_name.h"
#include "protocol/frame.h"

namespace canvas::server {

using net::CloseCode;
using protocol::Dialect;

namespace {

CloseCode close_code_for(Errc denial) {
  if (denial == Errc::unauthenticated) return CloseCode::unauthorized;
  return denial == Errc::forbidden ? CloseCode::forbidden : CloseCode::try_again_later;
}

}  // namespace

Client::Client(ClientSurroundings& surroundings, Arrival arrival)
    : surroundings_(surroundings),
      id_(++surroundings.last_id),
      credentials_(std::move(arrival.credentials)),
      address_(std::move(arrival.address)),
      document_(std::move(arrival.document)) {
  if (!arrival.permit) return;
  early_permit_ = std::make_shared<EarlyPermit>(EarlyPermit{std::move(arrival.permit)});
  early_permit_->permit->on_change(
      [early = std::weak_ptr(early_permit_)](const Result<auth::Access>& access) {
        const auto held = early.lock();
        if (held && !access) held->revoked = access.error();
      });
}

Client::~Client() = default;

void Client::on_open(net::WebSocket& socket) {
  socket_ = &socket;
  surroundings_.clients.insert(this);
  socket_->set_max_message_bytes(surroundings_.limits.max_message_bytes_before_admission);
  log::debug("client.connected", {{"connection", id_}, {"address", address_}});
  if (surroundings_.draining) close(CloseCode::service_restart, "the server restarts");
}

void Client::on_message(BytesView message) {
  if (surroundings_.draining) return;
  if (const Result<void> received = receive(message); !received) fail(received.error());
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
  return *dialect_ == Dialect::hocuspocus ? receive_hocuspocus(*received, frame)
                                          : receive_y_websocket(*received, frame);
}

Result<void> Client::receive_hocuspocus(const protocol::Received& received, BytesView frame) {
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
  if (sessions_.size() >= surroundings_.limits.max_documents) {
    return Error{Errc::too_large, "a connection may have " +
                                      std::to_string(surroundings_.limits.max_documents) + " documents"};
  }
  auto session =
      std::make_shared<DocumentSession>(*this, protocol::Address{*dialect_, std::string(address)}, document);
  return sessions_.emplace(std::string(address), std::move(session)).first->second.get();
}

void Client::fail(const Error& why) {
  log::warning("client.broke_protocol",
               {{"connection", id_}, {"address", address_}, {"reason", why.message}});
  const CloseCode code =
      why.code == Errc::malformed ? CloseCode::invalid_payload : CloseCode::policy_violation;
  close(code, why.message);
}

void Client::close(CloseCode code, std::string_view reason, net::WebSocket::Unsent unsent) {
  constexpr std::size_t max_reason_bytes = 123;  // RFC 6455, 5.5
  if (socket_ != nullptr) socket_->close(code, reason.substr(0, max_reason_bytes), unsent);
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
  if (!admitted_ && now - *opened_ > surroundings_.limits.admission_timeout) {
    return close(last_denial_ ? close_code_for(*last_denial_) : CloseCode::try_again_later,
                 "no document was opened in time");
  }
  if (now - last_sent_ < surroundings_.limits.keep_alive_interval) return;
  for (const auto& [address, session] : sessions_) {
    if (session->is_open()) return send(protocol::keep_alive(session->address()));
  }
}

void Client::on_closed() {
  log::debug("client.closed", {{"connection", id_}});
  socket_ = nullptr;
  for (const auto& [address, session] : sessions_) session->end();
  sessions_.clear();
  surroundings_.clients.erase(this);
  if (surroundings_.clients.empty()) surroundings_.on_last_gone();
}

void Client::send(protocol::Frame frame) {
  if (socket_ == nullptr) return;
  has_sent_ = true;
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
  credentials_.token = token;
  surroundings_.gatekeeper.admit(credentials_, document, std::move(done));
}

void Client::was_admitted() {
  admitted_ = true;
  if (socket_ != nullptr) socket_->set_max_message_bytes(surroundings_.limits.max_message_bytes);
}

void Client::was_denied(const Error& why) {
  last_denial_ = why.code;
  if (*dialect_ == Dialect::y_websocket) close(close_code_for(why.code), why.message);
}

void Client::was_revoked(const Error& why) {
  const bool has_others = std::any_of(sessions_.begin(), sessions_.end(),
                                      [](const auto& entry) { return entry.second->is_alive(); });
  if (!has_others) close(close_code_for(why.code), why.message);
}

Result<void> Client::note_pending(std::size_t bytes) {
  const ClientLimits& limits = surroundings_.limits;
  pending_bytes_ += bytes;
  ++pending_messages_;
  if (pending_bytes_ <= limits.max_pending_bytes && pending_messages_ <= limits.max_pending_messages)
    return {};
  forget_pending(bytes);
  return Error{Errc::too_large, "too much is sent to documents that are not open yet"};
}

void Client::forget_pending(std::size_t bytes) {
  pending_bytes_ -= bytes;
  --pending_messages_;
}

}  // namespace canvas::server
