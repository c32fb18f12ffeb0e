// The stream that Beast sees: reads come from the socket, writes go to the wire's queue.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>

#include "net/wire.h"

namespace canvas::net {

// How much Beast may have written that the socket has not taken: pongs to somebody who pings and never reads.
// Then its writes wait.
inline constexpr std::size_t max_library_backlog_bytes = 64u << 10;

// An AsyncStream. Beast's own frames (handshake, pongs, close) and the frames of rooms go through one queue,
// so they never interleave.
class BeastStream {
public:
  using executor_type = Shard::Executor;

  explicit BeastStream(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}

  executor_type get_executor() { return wire_->socket().get_executor(); }
  Wire& wire() { return *wire_; }
  const std::shared_ptr<Wire>& shared_wire() { return wire_; }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return wire_->socket().async_read_some(buffers, std::forward<Handler>(handler));
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(boost::beast::error_code, std::size_t)>(
        [](auto completion, std::shared_ptr<Wire> wire, const Buffers& parts) {
          Bytes bytes(boost::asio::buffer_size(parts));
          boost::asio::buffer_copy(boost::asio::buffer(bytes), parts);
          const std::size_t size = bytes.size();
          wire->send(std::make_shared<const Bytes>(std::move(bytes)));
          complete_when_taken(std::move(wire), size, std::move(completion));
        },
        handler, wire_, buffers);
  }

private:
  template <class Completion>
  static void complete_when_taken(std::shared_ptr<Wire> wire, std::size_t size, Completion completion) {
    if (wire->backlog_bytes() <= max_library_backlog_bytes) {
      return complete(*wire, size, std::move(completion));
    }
    // std::function copies; a completion only moves.
    auto shared = std::make_shared<Completion>(std::move(completion));
    Wire& target = *wire;
    target.when_backlog_at_most(max_library_backlog_bytes, [wire = std::move(wire), size, shared] {
      complete(*wire, size, std::move(*shared));
    });
  }

  template <class Completion>
  static void complete(Wire& wire, std::size_t size, Completion completion) {
    boost::beast::error_code error;
    if (!wire.socket().is_open()) error = boost::asio::error::operation_aborted;
    boost::asio::post(wire.socket().get_executor(),
                      boost::beast::bind_front_handler(std::move(completion), error, error ? 0 : size));
  }

  std::shared_ptr<Wire> wire_;
};

inline void beast_close_socket(BeastStream& stream) {
  stream.wire().close();
}

// What Beast does after the closing handshake: what is queued leaves, the peer is told that no more comes,
// and what it still sends is read until it has closed as well, because closing with unread input would make
// the system cut off our last bytes. The connection's deadline bounds all of it.
template <class Handler>
void async_teardown(boost::beast::role_type, BeastStream& stream, Handler&& handler) {
  auto shared = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
  const std::shared_ptr<Wire> wire = stream.shared_wire();
  wire->when_backlog_at_most(0, [wire, shared] {
    drain_and_close(wire, [wire, shared] {
      boost::asio::post(wire->socket().get_executor(),
                        boost::beast::bind_front_handler(std::move(*shared), boost::beast::error_code{}));
    });
  });
}

// Shuts our side down, reads until the peer has closed its own, closes, calls `done`.
void drain_and_close(std::shared_ptr<Wire> wire, std::function<void()> done);

}  // namespace canvas::net
