// Writes an update in format v1 block by block.
#pragma once

#include "crdt/wire_block.h"
#include "crdt/wire_delete_set.h"

namespace canvas::crdt {

// Sections begin by themselves, where a block does not follow the one before it, as in Yjs's own lazy writer.
// A value. Format: docs/crdt-internals.md#update-v1.
class UpdateWriter {
public:
  void write(const WireBlock& block);

  // What has been written, in bytes.
  std::size_t size() const { return sections_.size() + blocks_.size(); }

  // Ends the update; nothing is written after it.
  Bytes finish(const WireDeleteSet& deleted);

private:
  void end_section();

  lib0::Writer sections_;  // those that have ended
  std::uint64_t section_count_ = 0;
  lib0::Writer blocks_;  // of the section that has not, its client and clock first
  std::uint64_t block_count_ = 0;
  Id next_{};  // where the block would be that goes on with it
};

}  // namespace canvas::crdt
