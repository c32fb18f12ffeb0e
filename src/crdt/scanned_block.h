// A block of an update, checked but not taken apart: what the block store needs to know of it.
#pragma once

#include "crdt/stored_block.h"

namespace canvas::crdt {

// Borrowed. Where `is_shortest`, the bytes are those that a room would keep.
struct ScannedBlock : StoredBlock {
  Id id;
  Id origin_id;  // of whichever of these the info byte says that it is there
  Id right_origin_id;
  Id parent_id;  // where has_item_parent
  bool has_item_parent;
  bool is_shortest;  // no integer of it is written longer than it must be
  bool failed;       // then the rest says nothing

  PlacedBlock placed() const {
    const StoredBlock& stored = *this;
    return {stored, id};
  }
  Clock end_clock() const { return id.clock + length; }
};

// Reads the block of `id` that begins at `at` in bytes of an update that end at `limit`. Checks just what
// read_block checks (wire_block.h); it is the fast way, that one says what is wrong.
ScannedBlock scan_block(const std::uint8_t* at, const std::uint8_t* limit, Id id);

// A block that was not written in its shortest form, in that form.
class ShortenedBlock {
public:
  explicit ShortenedBlock(const ScannedBlock& block);
  // Borrowed from this.
  const ScannedBlock& block() const { return block_; }

private:
  lib0::Writer bytes_;
  ScannedBlock block_;
};

}  // namespace canvas::crdt
