// A WebSocket of a client, as the server's application sees it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/shard.h"

namespace canvas::net {

// RFC 6455, 7.4, and the codes that Hocuspocus clients know.
enum class CloseCode : std::uint16_t {
  going_away = 1001,
  unsupported_data = 1003,
  invalid_payload = 1007,
  policy_violation = 1008,
  too_big = 1009,
  service_restart = 1012,
  try_again_later = 1013,
  unauthorized = 4401,
  forbidden = 4403,
};

// How a connection came to its end.
struct Ending {
  enum class By {
    server,   // we closed it
    client,   // it did, with a close frame
    timeout,  // nothing came, or nothing was taken, for too long
    lost      // the connection broke off
  };
  By by;
  std::uint16_t code;  // of the close frame that came first; 1006: there was none (RFC 6455, 7.1.5)
};

std::string_view name_of(Ending::By by);

struct WebSocketLimits {
  // A longer message closes the connection with 1009. For a start; the application may change it
  // (set_max_message_bytes).
  std::size_t max_message_bytes = 50u << 20;
  // Reading stops while the client has so much of ours to read, so that what it asks for cannot pile up.
  std::size_t max_backlog_bytes = 8u << 20;
  std::chrono::seconds ping_interval{30};
  // Nothing came for so long, not even an answer to our ping, or what we send is not taken for so long: the
  // connection is dead.
  std::chrono::seconds idle_timeout{75};
  // From our close frame to the end.
  std::chrono::seconds close_timeout{5};
};

// Lives on its shard's thread. The one who holds it is the connection itself; its handler may use it from
// on_open until on_closed has returned.
class WebSocket {
public:
  virtual ~WebSocket() = default;

  // Queues a frame that is ready for the wire (protocol::Frame). Never blocks; nothing happens once the
  // connection is closing.
  virtual void send(SharedBytes frame) = 0;
  // What is queued and not yet taken by the socket.
  virtual std::size_t backlog_bytes() const = 0;

  enum class Unsent {
    deliver,  // what is queued goes out before the close frame
    discard,  // it would never get there in time
  };
  // Starts the closing handshake. No more messages are handed on; on_closed follows. `reason` is at most 123
  // bytes, for people. A second close does nothing.
  virtual void close(CloseCode code, std::string_view reason, Unsent unsent = Unsent::deliver) = 0;

  // Takes no further message for so long from now, or for what is left of a longer pause. What the client
  // sends meanwhile waits on its way to us.
  virtual void pause_reading(std::chrono::milliseconds time) = 0;

  virtual void set_max_message_bytes(std::size_t bytes) = 0;
  virtual const std::string& remote_address() const = 0;
  // Once it has ended: in on_closed.
  virtual Ending ending() const = 0;
};

// Who takes what comes from a WebSocket. Held by the connection until after on_closed.
class WebSocketHandler {
public:
  virtual ~WebSocketHandler() = default;

  // The handshake is done.
  virtual void on_open(WebSocket& socket) = 0;
  // One whole binary message. The view ends with the call.
  virtual void on_message(BytesView message) = 0;
  // A message was over the limit, and not taken: the connection is closed with 1009.
  virtual void on_too_big() = 0;
  // The socket has taken all that was queued.
  virtual void on_drained() = 0;
  // About once a second.
  virtual void on_tick(Time now) = 0;
  // The connection has ended, in whatever way. The last call.
  virtual void on_closed() = 0;
};

}  // namespace canvas::net
