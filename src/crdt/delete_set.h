// The deleted part of a document.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "crdt/id.h"
#include "lib0/writer.h"

namespace canvas::crdt {

// For each client, sorted ranges of clocks that do not touch or overlap. A value.
// Format: docs/crdt-internals.md#delete-set.
class DeleteSet {
public:
  using Ranges = std::vector<ClockRange>;
  // Clients descending, so that equal sets are equal bytes.
  using Clients = std::map<ClientId, Ranges, std::greater<>>;

  // Adds a range that is not empty; joins what touches or overlaps. O(log ranges of that client) at the end,
  // else what follows it moves up.
  void add(ClientId client, ClockRange range);

  // Adds a client that is not there yet. Its ranges are as in a set: ascending, not touching, not empty.
  void add_client(ClientId client, Ranges ranges);

  // Adds all of another set. Linear in both, of the clients of `other`.
  void merge(const DeleteSet& other);

  // Whether all of a range that is not empty is in the set.
  bool covers(ClientId client, ClockRange range) const;

  // Takes out what lies below `clock`, and gives it.
  Ranges take_below(ClientId client, Clock clock);

  bool empty() const { return clients_.empty(); }
  std::size_t range_count() const { return range_count_; }
  const Clients& clients() const { return clients_; }

  void write(lib0::Writer& out) const;

private:
  // Invariant: no empty list, no empty range, and for neighbours a, b of one client: a.end() < b.clock.
  Clients clients_;
  std::size_t range_count_ = 0;
};

}  // namespace canvas::crdt
