// How much of a document a replica has: for each client, the clock up to which it has everything.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/id.h"

namespace canvas::crdt {

// Format: docs/crdt-internals.md#state-vector. A value.
class StateVector {
public:
  struct Entry {
    ClientId client;
    Clock clock;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  StateVector() = default;

  // Takes the entries in any order; of one client that comes twice the last counts, and clocks of 0 are left
  // out.
  explicit StateVector(std::vector<Entry> entries);

  // Fails with Errc::malformed on bytes that are cut off or left over.
  static Result<StateVector> decode(BytesView bytes);
  Bytes encode() const;

  // 0 for a client that is not known. O(log clients).
  Clock get(ClientId client) const;

  // Clients descending, as on the wire, so that equal vectors are equal bytes.
  const std::vector<Entry>& entries() const { return entries_; }

  friend bool operator==(const StateVector&, const StateVector&) = default;

private:
  std::vector<Entry> entries_;
};

}  // namespace canvas::crdt
