// A WebSocket client's connection.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "append/parts.h"
#include "base/result.h"

namespace canvas::bench {

// Where all connections of a thread read into, one after another.
using ReadBuffer = Bytes;
inline constexpr std::size_t read_buffer_bytes = 256u << 10;

enum class FlushResult {
  done,
  blocked  // the kernel takes no more now: flush again when the socket is writable
};

// Connects to a server on this machine, asks for the upgrade, and then carries binary messages. Non-blocking;
// owns its socket.
class Connection {
public:
  // `source` is the address, in host order, that it comes from: one of 127.0.0.0/8. Each has ports of its
  // own, so that many short connections do not run out of them.
  static Result<Connection> open(std::uint16_t port, std::string_view path,
                                 std::uint32_t source = INADDR_LOOPBACK);

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  int socket() const { return socket_; }
  // The server has agreed to speak WebSocket.
  bool is_upgraded() const { return is_upgraded_; }

  // Takes what has come into `buffer`, which must stay as it is until next_message has given nothing. Fails
  // when the server has closed.
  Result<void> receive(ReadBuffer& buffer);
  // The next binary message that is there, a view into the buffer. Answers pings. Fails on a close frame, and
  // on what a server may not send.
  Result<std::optional<BytesView>> next_message();

  // Appends to what flush sends.
  void send(BytesView message);
  [[nodiscard]] Result<FlushResult> flush();

private:
  Connection(int socket, std::string key) : socket_(socket), key_(std::move(key)) {}

  void send_frame(Opcode opcode, BytesView payload);
  Result<void> finish_upgrade();
  void keep_rest();

  int socket_;
  std::string key_;
  bool is_upgraded_ = false;
  BytesView unread_;  // in the buffer of the last receive
  Bytes kept_;        // the beginning of a message, between two receives
  Bytes output_;
  std::size_t sent_ = 0;  // of output_
  std::uint32_t mask_state_ = 0x9e3779b9;
};

}  // namespace canvas::bench
