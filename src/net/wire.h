// The sending side of a socket.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>

#include "net/output_queue.h"
#include "net/shard.h"

namespace canvas::net {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Shard::Executor>;

// A socket and the queue of what it has still to send. Sending only queues; at the end of the turn all of it
// leaves with one system call, and where the socket takes no more the rest waits until it does.
//
// Lives on its shard's thread.
class Wire : public std::enable_shared_from_this<Wire> {
public:
  Wire(Shard& shard, Socket socket);

  Socket& socket() { return socket_; }
  Shard& shard() { return shard_; }

  // Does nothing when the connection is broken.
  void send(SharedBytes bytes);
  std::size_t backlog_bytes() const { return queue_.bytes(); }
  void discard_unsent() { queue_.discard_unsent(); }

  // Calls `then`, in a later turn, as soon as no more than `bytes` are waiting: what keeps those from
  // flooding the queue who write without a look at it.
  void when_backlog_at_most(std::size_t bytes, std::function<void()> then);

  // Called whenever the queue has become empty, and not from within send().
  void set_on_drained(std::function<void()> on_drained) { on_drained_ = std::move(on_drained); }

  // When the socket last took something, or got something to take.
  Time last_progress() const { return last_progress_; }

  // Breaks the connection off: reads end with an error.
  void close();

private:
  friend class Shard;

  void flush();
  void wait_until_writable();
  void resume_writer();

  Shard& shard_;
  Socket socket_;
  OutputQueue queue_;
  bool scheduled_ = false;  // for the end of this turn
  bool blocked_ = false;    // waits for the socket to take more
  Time last_progress_;
  std::function<void()> on_drained_;
  std::size_t resume_at_ = 0;
  std::function<void()> resume_;
};

}  // namespace canvas::net
