// All that one client has made, in the order of its clocks and without a gap.
#pragma once

#include "crdt/leaf_table.h"
#include "crdt/scanned_block.h"

namespace canvas::crdt {

// Stored blocks in leaves of about a kilobyte, so that finding a clock is O(log blocks) and a change moves a
// leaf's worth. A block that is longer than a leaf lies in several, cut as Yjs would cut it; all that is told
// and written of it is that it is one. A value; moves, does not copy.
class BlockList {
public:
  using Ranges = Leaf::Ranges;

  explicit BlockList(ClientId self) : self_(self) {}

  // The clock after the last block.
  Clock end() const { return end_; }
  std::size_t block_count() const { return block_count_; }
  // Bytes of content that are kept, what it takes to write all of this, and what it takes of memory.
  std::size_t content_bytes() const { return content_bytes_; }
  std::size_t stored_bytes() const { return stored_bytes_; }
  std::size_t memory_bytes() const { return leaves_.memory_bytes(); }
  // How many bytes all changes so far have looked at or moved: for tests, which cannot trust a clock.
  std::uint64_t work() const { return work_; }

  // Adds a block in its shortest form, which begins at end() and has at least one element. Joins it with the
  // last block where that is the same thing.
  void append(const ScannedBlock& block);

  // Deletes what lives in `range`, which ends at most at end(). Gives what was not deleted before, ascending.
  // Cost: O(log blocks) and the leaves that the range touches.
  Ranges erase(ClockRange range);

  // Whether nothing lives in `range`, and how much at least its deletion would free. The range ends at most
  // at end().
  bool is_deleted(ClockRange range) const;
  std::size_t erasable_bytes_in(ClockRange range) const;

  // How many blocks there are from `clock` on; one that it falls into counts.
  std::size_t count_from(Clock clock) const;

  // Writes these blocks, the first cut where `clock` falls into it. The leaves are copied as they are.
  void write_from(lib0::Writer& out, Clock clock) const;

  // Calls `visit(ClockRange)` for what is deleted from `clock` on, ascending; the ranges do not touch.
  template <class Visit>
  void visit_deleted_from(Clock clock, Visit&& visit) const;

private:
  using Position = LeafTable::Position;

  Clock end_of(Position position) const;
  void note_change(std::size_t size_before, const Leaf& leaf);

  // What must be seen to after a leaf's first block, or the last of the one before, has changed; there may be
  // no such leaf.
  void look_at_border(Position position);
  // And after its size has. Positions are void then.
  void settle(Position position);
  void split_until_small(Position position);
  void merge_if_small(Position position);
  // `position` takes in the leaf behind it.
  void absorb_next(Position position);

  ClientId self_;
  Clock end_ = 0;
  std::size_t block_count_ = 0;
  std::size_t content_bytes_ = 0;
  std::size_t stored_bytes_ = 0;
  std::uint64_t work_ = 0;
  // Invariants: no leaf is empty; each begins at the clock where the one before ends, the first at 0; a leaf
  // continues the one before just where the two blocks at the border could be one.
  LeafTable leaves_;
};

template <class Visit>
void BlockList::visit_deleted_from(Clock clock, Visit&& visit) const {
  if (clock >= end_) return;
  ClockRange run{clock, 0};
  const auto add = [&](Clock from, Clock to) {
    if (from > run.end()) {
      if (run.length > 0) visit(run);
      run = {from, 0};
    }
    run.length = to - run.clock;
  };
  for (Position position = leaves_.find(clock); position != leaves_.end();
       position = leaves_.next(position)) {
    const Leaf& leaf = leaves_[position];
    const Clock leaf_from = std::max(leaf.clock(), clock);
    if (leaf.counts().all_deleted()) {
      add(leaf_from, end_of(position));
    } else if (leaf.counts().any_deleted()) {
      leaf.visit_from(leaf.find(leaf_from), [&](const StoredBlock& block, Clock at) {
        if (block.is_deleted()) add(std::max(at, clock), at + block.length);
      });
    }
  }
  if (run.length > 0) visit(run);
}

}  // namespace canvas::crdt
