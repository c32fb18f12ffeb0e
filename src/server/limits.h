// The numbers that bound a client.
#pragma once

#include <chrono>
#include <cstddef>

namespace canvas::server {

struct ClientLimits {
  // Before a client has been let in to any document it may send no longer message than this.
  std::size_t max_message_bytes_before_admission = 5u << 20;
  std::size_t max_message_bytes = 50u << 20;

  // What a client may send to documents that are not open to it yet (authentication, loading), over all of
  // them.
  std::size_t max_pending_bytes = 5u << 20;
  std::size_t max_pending_messages = 1000;
  // On one socket.
  std::size_t max_documents = 1000;

  // From the handshake to the first document.
  std::chrono::seconds admission_timeout{60};
  // A client whose socket is silent for 30 s reconnects: we are never silent for longer than this.
  std::chrono::seconds keep_alive_interval{20};
};

}  // namespace canvas::server
