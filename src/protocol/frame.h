// What the server says: WebSocket frames, ready to be queued.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "protocol/message.h"

namespace canvas::protocol {

// One binary WebSocket message of a server, header and all (RFC 6455, unmasked, unfragmented). Made once,
// then shared by every queue that it goes into.
using Frame = SharedBytes;

// What a connection may do with a document.
enum class Scope { read_only, read_write };

Frame sync_step1(const Address& to, BytesView state_vector);
Frame sync_step2(const Address& to, BytesView update);
Frame sync_update(const Address& to, BytesView update);
Frame awareness_update(const Address& to, BytesView update);

// Only for Hocuspocus clients.
Frame authenticated(const Address& to, Scope scope);
Frame stateless(const Address& to, std::string_view payload);
// Answers one Step2 or Update: its changes are on disk, or they were not taken.
Frame sync_status(const Address& to, bool saved);

// Both protocols have it, in their own ways.
Frame permission_denied(const Address& to, std::string_view reason);

// Answers the ping of a Hocuspocus socket.
Frame pong();

// An awareness message with nobody in it: changes nothing, and keeps the watchdog of every client quiet.
Frame keep_alive(const Address& to);

}  // namespace canvas::protocol
