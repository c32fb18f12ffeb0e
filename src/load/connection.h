// A WebSocket client's connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "load/transport.h"
#include "load/websocket.h"

namespace canvas::load {

// Where all connections of a thread read into, one after another.
using ReadBuffer = Bytes;
inline constexpr std::size_t read_buffer_bytes = 256u << 10;

enum class FlushResult {
  done,
  blocked  // nothing more can be written now: flush again when the socket is ready
};

// What a client asks for and shows when it connects.
struct Upgrade {
  std::string path;    // and query
  std::string cookie;  // none when empty, as the next
  std::string origin;
};

// Asks for the upgrade, and then carries binary messages. Non-blocking; owns its socket.
class Connection {
public:
  static Result<Connection> open(const Server& server, const Upgrade& upgrade, std::uint32_t ordinal);

  int socket() const { return transport_.socket(); }
  // The server has agreed to speak WebSocket.
  bool is_upgraded() const { return is_upgraded_; }

  // Takes what has come into `buffer`, which must stay as it is until next_message has given nothing. Fails
  // when the server has closed.
  Result<void> receive(ReadBuffer& buffer);
  // The next binary message that is there, a view into the buffer. Answers pings. Fails on a close frame, on
  // an answer other than an upgrade (401 as Errc::unauthenticated, 403 as Errc::forbidden), and on what a
  // server may not send.
  Result<std::optional<BytesView>> next_message();
  // Call receive again: there is more, of which the socket does not tell.
  bool has_buffered() const { return transport_.has_buffered(); }

  // Appends to what flush sends.
  void send(BytesView message) { send_frame(Opcode::binary, message); }
  void send_close();
  [[nodiscard]] Result<FlushResult> flush();
  void cut() { transport_.cut(); }

private:
  Connection(Transport transport, std::string key) : transport_(std::move(transport)), key_(std::move(key)) {}

  void send_frame(Opcode opcode, BytesView payload);
  Result<void> finish_upgrade();
  void keep_rest();

  Transport transport_;
  std::string key_;
  bool is_upgraded_ = false;
  BytesView unread_;  // in the buffer of the last receive
  Bytes kept_;        // the beginning of a message, between two receives
  Bytes output_;
  std::size_t sent_ = 0;  // of output_
  std::uint32_t mask_state_ = 0x9e3779b9;
};

}  // namespace canvas::load
