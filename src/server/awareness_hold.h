// Presence that comes too fast to be passed on.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "protocol/awareness.h"

namespace canvas::server {

// Keeps the newest state of each awareness client of one document, until it is taken.
class AwarenessHold {
public:
  // Fails with Errc::malformed.
  Result<void> add(BytesView update);

  // All that is held, as one message; nothing is held any more.
  Bytes take();

  bool is_empty() const { return held_.empty(); }
  std::size_t bytes() const { return bytes_; }

private:
  struct Held {
    std::uint64_t clock;
    std::string state;
  };

  std::map<std::uint64_t, Held> held_;
  std::size_t bytes_ = 0;
};

}  // namespace canvas::server
