// What a socket has still to send.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"

namespace canvas::net {

// Buffers wait here and leave with one gather write for many of them: the system call is the unit of cost.
// Buffers are shared, never copied. Knows no event loop. One thread.
class OutputQueue {
public:
  void push(SharedBytes bytes);

  // What the socket has not taken yet.
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

  enum class Flushed {
    all,      // the queue is empty
    blocked,  // the socket takes no more for now
    failed,   // the connection is broken; the queue is empty
  };
  // Writes as much as `socket`, which does not block, takes.
  [[nodiscard]] Flushed flush(int socket);

  // Drops what no byte of has been sent: the socket's stream stays whole.
  void discard_unsent();

private:
  void forget_all();
  // `count` bytes have been taken.
  void advance(std::size_t count);

  std::vector<SharedBytes> buffers_;  // those before first_ are done with
  std::size_t first_ = 0;
  std::size_t offset_ = 0;  // of the first that was sent
  std::size_t bytes_ = 0;
};

}  // namespace canvas::net
