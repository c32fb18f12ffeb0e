#include "protocol/message.h"

#include "lib0/reader.h"
#include "protocol/wire.h"

namespace canvas::protocol {
namespace {

Message read_sync(lib0::Reader& in) {
  const std::uint64_t step = in.read_var_uint();
  const BytesView bytes = in.read_var_bytes();
  switch (step) {
    case wire::step1: return SyncStep1{bytes};
    case wire::step2: return SyncStep2{bytes};
    case wire::update: return SyncUpdate{bytes};
    default: in.fail("a sync message is of an unknown kind"); return Ping{};
  }
}

Message read_auth(lib0::Reader& in) {
  if (in.read_var_uint() != wire::auth_token) in.fail("an auth message is not one that a client sends");
  const std::string_view token = in.read_var_string();
  const std::string_view version = in.at_end() ? std::string_view{} : in.read_var_string();
  return AuthToken{token, version};
}

Result<Received> finish(const lib0::Reader& in, Received received) {
  if (in.failed()) return in.error();
  if (!in.at_end()) return malformed("bytes are left over behind a message");
  return received;
}

Result<Received> read_hocuspocus(BytesView frame) {
  // Ping and pong of the socket are a byte alone: no address of that length could follow.
  if (frame.size() == 1 && frame[0] == wire::ping) return Received{{}, Ping{}};
  if (frame.size() == 1 && frame[0] == wire::pong) return Received{{}, Pong{}};
  lib0::Reader in(frame);
  Received received{in.read_var_string(), Ping{}};
  const std::uint64_t type = in.read_var_uint();
  if (in.failed()) return in.error();
  switch (type) {
    case wire::sync: received.message = read_sync(in); break;
    case wire::awareness: received.message = AwarenessUpdate{in.read_var_bytes()}; break;
    case wire::auth: received.message = read_auth(in); break;
    case wire::query_awareness: received.message = QueryAwareness{}; break;
    case wire::stateless: received.message = Stateless{in.read_var_string()}; break;
    case wire::close: received.message = CloseDocument{}; break;
    case wire::sync_reply:
    case wire::broadcast_stateless:
      return Error{Errc::unsupported, "a message is of a kind that only servers send to each other"};
    default: return malformed("a message is of an unknown kind");
  }
  return finish(in, received);
}

Result<Received> read_y_websocket(BytesView frame) {
  lib0::Reader in(frame);
  Received received{{}, Ping{}};
  const std::uint64_t type = in.read_var_uint();
  if (in.failed()) return in.error();
  switch (type) {
    case wire::sync: received.message = read_sync(in); break;
    case wire::awareness: received.message = AwarenessUpdate{in.read_var_bytes()}; break;
    case wire::query_awareness: received.message = QueryAwareness{}; break;
    default: return malformed("a message is of an unknown kind");
  }
  return finish(in, received);
}

}  // namespace

Dialect detect_dialect(BytesView frame) {
  // y-websocket opens with a sync message, 00. In Hocuspocus that would be an empty address, which is refused
  // anyway.
  return frame.front() == wire::sync ? Dialect::y_websocket : Dialect::hocuspocus;
}

Result<Received> read_message(Dialect dialect, BytesView frame) {
  return dialect == Dialect::hocuspocus ? read_hocuspocus(frame) : read_y_websocket(frame);
}

std::string_view document_of(std::string_view address) {
  return address.substr(0, address.find('\0'));
}

}  // namespace canvas::protocol
