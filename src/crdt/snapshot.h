// A document at one moment: how much of it there was, and what of that was deleted.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/delete_set.h"
#include "crdt/state_vector.h"

namespace canvas::crdt {

// A document that has kept its deleted content can be shown as it was then. A value.
// Formats: docs/crdt-internals.md#snapshot.
struct Snapshot {
  DeleteSet deleted;
  StateVector state;

  // Whether they say the same.
  friend bool operator==(const Snapshot& a, const Snapshot& b) {
    return a.state == b.state && a.deleted.clients() == b.deleted.clients();
  }
};

// As Yjs's encodeSnapshot and encodeSnapshotV2, which differ in how deletions are written.
Bytes encode_snapshot(const Snapshot& snapshot);
Bytes encode_snapshot_v2(const Snapshot& snapshot);

// n log n. Fail with Errc::malformed on bytes that are cut off or left over, and on what a delete set of an
// update would be refused for.
Result<Snapshot> decode_snapshot(BytesView bytes);
Result<Snapshot> decode_snapshot_v2(BytesView bytes);

// That of a document which has this update alone, if nothing of the update waits for more than a block of its
// own client: the state up to the first gap of each client, and what is deleted below it. n log n. Fails with
// Errc::malformed.
Result<Snapshot> snapshot_of_update(BytesView update);

}  // namespace canvas::crdt
