// Of whom an update has blocks, and which.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/id.h"

namespace canvas::crdt {

// From the first block of a client to the end of its last, gaps between them included.
struct ClientSpan {
  ClientId client;
  Clock from;
  Clock to;
  friend bool operator==(const ClientSpan&, const ClientSpan&) = default;
};

// As Yjs's parseUpdateMeta, but clients descending; of a client that comes twice, which no honest update has,
// the last counts. n log n. Fails with Errc::malformed.
Result<std::vector<ClientSpan>> read_update_meta(BytesView update);

}  // namespace canvas::crdt
