// A delete set as an update carries it: what it says and how it says it.
#pragma once

#include <vector>

#include "crdt/delete_set.h"
#include "crdt/id.h"
#include "crdt/update_reader.h"
#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::crdt {

// Ranges of clocks in the order in which they came, whether or not they touch, overlap or ascend. Written, a
// client's ranges keep that order, as in Yjs, which neither sorts nor joins them; clients descend. A value.
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

  // Adds at the end of what there is of the client or clients. Ranges are not empty.
  void add(ClientId client, ClockRange range) { entries_.push_back({client, range}); }
  void add(const WireDeleteSet& other);

  // The same deletions, sorted and joined. n log n.
  DeleteSet joined() const;
  static WireDeleteSet of(const DeleteSet& deleted);

private:
  struct Entry {
    ClientId client;
    ClockRange range;
  };

  // Clients descending, the ranges of one in their order.
  std::vector<Entry> by_client() const;

  std::vector<Entry> entries_;  // in the order in which they came
};

// Whether the delete set that begins at `in`, and has been checked, comes with its clients descending and the
// ranges of each ascending, none twice.
bool is_in_order(lib0::Reader in);

// Calls `visit(ClientId, ClockRange)` for what the checked delete set that begins at `in` deletes, each
// element once: clients descend, ranges ascend. n log n; linear, and nothing is allocated, where they come
// so.
template <class Visit>
void visit_deletions(lib0::Reader in, Visit&& visit) {
  if (is_in_order(in)) return read_delete_set(in, visit);
  const DeleteSet joined = WireDeleteSet::read_v1(in).joined();
  for (const auto& [client, ranges] : joined.clients()) {
    for (const ClockRange& range : ranges) visit(client, range);
  }
}

}  // namespace canvas::crdt
