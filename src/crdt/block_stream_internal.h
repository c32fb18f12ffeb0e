// The blocks of an update in format v1, one after another, without its sections; the same questions as
// UpdateV2Reader answers.
#pragma once

#include <optional>

#include "crdt/update_reader.h"
#include "crdt/wire_delete_set.h"

namespace canvas::crdt {

class BlockStream {
public:
  explicit BlockStream(BytesView update) : reader_(update) {}

  // None when there is no other block or the input is bad.
  std::optional<WireBlock> next() {
    std::optional<WireBlock> block;
    while (!section_ || section_->at_end()) {
      if (section_) reader_.skip_to(*section_);
      section_ = reader_.next_section();
      if (!section_) return block;
    }
    block = section_->next();
    if (section_->reader().failed()) {
      reader_.skip_to(*section_);  // so that the failure is not forgotten
      block.reset();
    }
    return block;
  }

  // After the last block.
  WireDeleteSet read_delete_set() {
    rest_ = reader_.reader();
    return WireDeleteSet::read_v1(rest_);
  }

  // After the delete set: whether all was good. Fails with Errc::malformed.
  Result<void> finish() const {
    if (rest_.failed()) return rest_.error();
    if (!rest_.at_end()) return malformed("bytes are left over behind an update");
    return {};
  }

private:
  UpdateReader reader_;
  std::optional<SectionReader> section_;
  lib0::Reader rest_{BytesView{}};
};

// Of a block that is passed on Yjs forgets that it is an entry of a map where it does not say of which: its
// neighbours tell. Else equal blocks would be other bytes than Yjs's.
inline void forget_implied_key(WireBlock& block) {
  block.in_map = block.parent_sub.has_value();
}

}  // namespace canvas::crdt
