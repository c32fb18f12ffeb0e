#include "crdt/snapshot.h"

#include "crdt/block_stream_internal.h"
#include "crdt/difference.h"

namespace canvas::crdt {
namespace {

Result<Snapshot> read_state(const WireDeleteSet& deleted, lib0::Reader in) {
  if (in.failed()) return in.error();
  auto state = StateVector::decode(in.read_bytes(in.remaining()));
  if (!state) return state.error();
  return Snapshot{deleted.joined(), std::move(*state)};
}

bool is_deleted(ContentKind kind) {
  return kind == ContentKind::gc || kind == ContentKind::deleted;
}

// What of `all` lies below the state.
DeleteSet clip(DeleteSet all, const StateVector& state) {
  DeleteSet below;
  for (const StateVector::Entry& entry : state.entries()) {
    for (const ClockRange& range : all.take_below(entry.client, entry.clock)) below.add(entry.client, range);
  }
  return below;
}

}  // namespace

Bytes encode_snapshot(const Snapshot& snapshot) {
  lib0::Writer out;
  snapshot.deleted.write(out);
  out.write_bytes(snapshot.state.encode());
  return out.take();
}

Bytes encode_snapshot_v2(const Snapshot& snapshot) {
  lib0::Writer out;
  WireDeleteSet::of(snapshot.deleted).write_v2(out);
  out.write_bytes(snapshot.state.encode());
  return out.take();
}

Result<Snapshot> decode_snapshot(BytesView bytes) {
  lib0::Reader in(bytes);
  const WireDeleteSet deleted = WireDeleteSet::read_v1(in);
  return read_state(deleted, in);
}

Result<Snapshot> decode_snapshot_v2(BytesView bytes) {
  lib0::Reader in(bytes);
  const WireDeleteSet deleted = WireDeleteSet::read_v2(in);
  return read_state(deleted, in);
}

Result<Snapshot> snapshot_of_update(BytesView update) {
  auto state = state_vector_of_update(update);
  if (!state) return state.error();
  BlockStream blocks(update);
  WireDeleteSet deleted;
  while (const std::optional<WireBlock> block = blocks.next()) {
    if (is_deleted(block->kind) && block->length() > 0) {
      deleted.add(block->id.client, {block->id.clock, block->length()});
    }
  }
  deleted.add(blocks.read_delete_set());
  return Snapshot{clip(deleted.joined(), *state), std::move(*state)};
}

}  // namespace canvas::crdt
