#include "protocol/frame.h"

#include "lib0/writer.h"
#include "protocol/wire.h"

namespace canvas::protocol {
namespace {

void write_websocket_header(lib0::Writer& out, std::size_t payload_size) {
  constexpr std::uint8_t final_binary = 0x82;
  out.write_u8(final_binary);
  unsigned length_bytes = 0;
  if (payload_size < 126) {
    out.write_u8(static_cast<std::uint8_t>(payload_size));
  } else if (payload_size < 0x10000) {
    out.write_u8(126);
    length_bytes = 2;
  } else {
    out.write_u8(127);
    length_bytes = 8;
  }
  for (unsigned i = length_bytes; i > 0; --i) {
    out.write_u8(static_cast<std::uint8_t>(payload_size >> (8 * (i - 1))));
  }
}

constexpr std::size_t max_websocket_header = 10;

Frame make_frame(BytesView head, BytesView body) {
  lib0::Writer out(max_websocket_header + head.size() + body.size());
  write_websocket_header(out, head.size() + body.size());
  out.write_bytes(head);
  out.write_bytes(body);
  return std::make_shared<const Bytes>(out.take());
}

// What every message to an address begins with.
lib0::Writer begin(const Address& to, std::uint8_t type) {
  lib0::Writer head;
  if (to.dialect == Dialect::hocuspocus) head.write_var_string(to.text);
  head.write_u8(type);
  return head;
}

Frame with_bytes(lib0::Writer head, BytesView bytes) {
  head.write_var_uint(bytes.size());
  return make_frame(head.bytes(), bytes);
}

Frame sync_message(const Address& to, std::uint8_t step, BytesView bytes) {
  lib0::Writer head = begin(to, wire::sync);
  head.write_u8(step);
  return with_bytes(std::move(head), bytes);
}

}  // namespace

Frame sync_step1(const Address& to, BytesView state_vector) {
  return sync_message(to, wire::step1, state_vector);
}

Frame sync_step2(const Address& to, BytesView update) {
  return sync_message(to, wire::step2, update);
}

Frame sync_update(const Address& to, BytesView update) {
  return sync_message(to, wire::update, update);
}

Frame awareness_update(const Address& to, BytesView update) {
  return with_bytes(begin(to, wire::awareness), update);
}

Frame authenticated(const Address& to, Scope scope) {
  lib0::Writer head = begin(to, wire::auth);
  head.write_u8(wire::auth_authenticated);
  return with_bytes(std::move(head), as_bytes(scope == Scope::read_write ? "read-write" : "readonly"));
}

Frame stateless(const Address& to, std::string_view payload) {
  return with_bytes(begin(to, wire::stateless), as_bytes(payload));
}

Frame sync_status(const Address& to, bool saved) {
  lib0::Writer head = begin(to, wire::sync_status);
  head.write_u8(saved ? 1 : 0);
  return make_frame(head.bytes(), {});
}

Frame permission_denied(const Address& to, std::string_view reason) {
  lib0::Writer head = begin(to, wire::auth);
  head.write_u8(to.dialect == Dialect::hocuspocus ? wire::auth_permission_denied
                                                  : wire::y_websocket_permission_denied);
  return with_bytes(std::move(head), as_bytes(reason));
}

Frame pong() {
  static constexpr std::uint8_t byte[] = {wire::pong};
  return make_frame(byte, {});
}

Frame keep_alive(const Address& to) {
  static constexpr std::uint8_t nobody[] = {0};
  return awareness_update(to, nobody);
}

}  // namespace canvas::protocol
