// Awareness: who is there, and where their cursors are.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace canvas::protocol {

// One client's presence. A newer clock replaces an older one; JSON `null` means that the client has gone.
struct AwarenessEntry {
  std::uint64_t client;
  std::uint64_t clock;
  std::string_view state;  // JSON text

  bool is_gone() const { return state == "null"; }
};

// Reads the payload of an awareness message. The states are views into `update` and have been checked to be
// JSON: a client that got a bad one would throw. Fails with Errc::malformed.
Result<std::vector<AwarenessEntry>> read_awareness(BytesView update);

Bytes write_awareness(std::span<const AwarenessEntry> entries);

}  // namespace canvas::protocol
