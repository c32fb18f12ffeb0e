// All that one client has made, in the order of its clocks and without a gap.
#pragma once

#include <vector>

#include "crdt/block.h"

namespace canvas::crdt {

// Leaves of at most max_leaf blocks, so that a cut in the middle moves a leaf's worth and not all that
// follows. Finding a clock is O(log blocks). A value; moves, does not copy.
class BlockList {
public:
  explicit BlockList(ClientIndex self) : self_(self) {}

  // The clock after the last block.
  Clock end() const { return end_; }
  std::size_t block_count() const { return block_count_; }
  // Bytes of content that are kept, and what all of this takes of memory.
  std::size_t content_bytes() const { return content_bytes_; }
  std::size_t memory_bytes() const;

  // Adds `block`, which begins at end() and has `length` elements, at least one. Joins it with the last block
  // where that is the same thing.
  void append(Block block, std::uint64_t length);

  // Deletes what lives in `range`, which ends at most at end(): `on_deleted(ClockRange)` is called for what
  // was not deleted before, ascending. Cost: O(log blocks) and the blocks in the range.
  template <class OnDeleted>
  void erase(ClockRange range, OnDeleted&& on_deleted);

  // Whether nothing lives in `range`, and how much at least its deletion would free. The range ends at most
  // at end().
  bool is_deleted(ClockRange range) const;
  std::size_t erasable_bytes_in(ClockRange range) const;

  // How many blocks there are from `clock` on; one that it falls into counts.
  std::size_t count_from(Clock clock) const;

  // Calls `visit(const Block&, Clock from, std::uint64_t length)` for every block from `clock` on. `from` is
  // the block's clock but for the first, which `clock` may cut.
  template <class Visit>
  void visit_from(Clock clock, Visit&& visit) const;

private:
  static constexpr std::size_t max_leaf = 128;

  struct Leaf {
    Clock clock;  // of its first block
    std::vector<Block> blocks;
  };

  struct Position {
    std::size_t leaf;
    std::size_t index;
  };

  // The block that `clock`, below end(), is in.
  Position find(Clock clock) const;
  Block& at(Position position) { return leaves_[position.leaf].blocks[position.index]; }
  const Block& at(Position position) const { return leaves_[position.leaf].blocks[position.index]; }
  bool is_end(Position position) const { return position.leaf == leaves_.size(); }
  Position next(Position position) const;
  Clock end_of(Position position) const;

  // Cuts the block so that one begins at `clock`, which is inside it; gives the position of that one.
  Position split(Position position, Clock clock);
  // Deletes what is left of the block within `end`; gives the position of the deleted part.
  Position erase_block(Position position, Clock begin, Clock end);
  // Joins the block with the one before it where that is the same thing; gives where it is then.
  Position join_with_previous(Position position);
  // Gives where the block is then: the leaf may have been cut. Never the first place of a leaf.
  Position insert(Position position, Block block);
  // What is at `index` and behind becomes a leaf of its own.
  void cut_leaf(std::size_t leaf, std::size_t index);
  void remove(Position position);

  ClientIndex self_;
  Clock end_ = 0;
  std::size_t block_count_ = 0;
  std::size_t content_bytes_ = 0;
  // Invariants: no leaf is empty or larger than max_leaf; leaf.clock == leaf.blocks[0].clock(); blocks
  // ascend, the first at clock 0.
  std::vector<Leaf> leaves_;
};

template <class OnDeleted>
void BlockList::erase(ClockRange range, OnDeleted&& on_deleted) {
  if (range.length == 0) return;
  Position position = find(range.clock);
  for (Clock clock = range.clock; clock < range.end();) {
    const Clock block_end = end_of(position);
    if (at(position).is_deleted()) {
      clock = block_end;
      position = next(join_with_previous(position));
      continue;
    }
    const Clock end = block_end < range.end() ? block_end : range.end();
    position = next(erase_block(position, clock, end));
    on_deleted(ClockRange{clock, end - clock});
    clock = end;
  }
  if (!is_end(position)) join_with_previous(position);
}

template <class Visit>
void BlockList::visit_from(Clock clock, Visit&& visit) const {
  if (clock >= end_) return;
  for (Position position = find(clock); !is_end(position); position = next(position)) {
    const Block& block = at(position);
    const Clock from = block.clock() > clock ? block.clock() : clock;
    visit(block, from, end_of(position) - from);
  }
}

}  // namespace canvas::crdt
