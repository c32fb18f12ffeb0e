// A delete set as an update carries it: what it says and how it says it.
#pragma once

#include <vector>

#include "crdt/delete_set.h"
#include "crdt/id.h"
#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::crdt {

// Ranges of clocks in the order in which they came, whether or not they touch, overlap or ascend; clients
// descending. Passes a delete set on as Yjs does, which neither sorts nor joins ranges. A value.
// Formats: docs/crdt-internals.md#delete-set.
class WireDeleteSet {
public:
  // Reads one. On failure `in` is failed and the set is what was read until then. Allocates no more than the
  // bytes at hand can hold.
  static WireDeleteSet read_v1(lib0::Reader& in);
  static WireDeleteSet read_v2(lib0::Reader& in);

  void write_v1(lib0::Writer& out) const;
  // Format v2 can only say ranges that ascend and do not overlap: those of a client that do not are joined.
  void write_v2(lib0::Writer& out) const;

  // The same deletions, sorted and joined. n log n.
  DeleteSet joined() const;
  static WireDeleteSet of(const DeleteSet& deleted);

private:
  struct Entry {
    ClientId client;
    ClockRange range;
  };

  void sort_by_client();

  // Clients descending; the ranges of one in the order of the wire.
  std::vector<Entry> entries_;
};

}  // namespace canvas::crdt
