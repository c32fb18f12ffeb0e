#include "crdt/block_list.h"

namespace canvas::crdt {
namespace {

constexpr std::size_t small_leaf = Leaf::max_size / 4;
constexpr std::size_t max_merged_leaf = Leaf::max_size / 4 * 3;

bool is_only_length(ContentKind kind) {
  return kind == ContentKind::gc || kind == ContentKind::deleted;
}

}  // namespace

void BlockList::append(const ScannedBlock& block) {
  assert(block.id == (Id{self_, end_}) && block.length > 0 && block.is_shortest);
  const bool follows =
      block.kind() == ContentKind::gc || (block.has_origin() && block.origin_id == Id{self_, end_ - 1});
  end_ += block.length;
  content_bytes_ += block.payload_bytes().size();
  bool joins = false;
  if (!leaves_.empty()) {
    Leaf& last = leaves_.back();
    joins = follows && can_join_if_adjacent(last.last_head(), block);
    const std::size_t size_before = last.size();
    if (joins &&
        (is_only_length(block.kind()) || size_before + block.payload_bytes().size() < Leaf::max_size)) {
      last.join_last(block);
      return note_change(size_before, last);
    }
    if (!joins && size_before + block.bytes().size() <= Leaf::max_size) {
      last.append(block);
      ++block_count_;
      return note_change(size_before, last);
    }
    last.seal();
  }
  Leaf& leaf = leaves_.push_back(Leaf(block.id.clock));
  leaf.append(block);
  leaf.set_continues(joins);
  if (!joins) ++block_count_;
  // A block that is longer than a leaf stays whole until something in it is deleted: most often all of it is.
  note_change(0, leaf);
}

BlockList::Ranges BlockList::erase(ClockRange range) {
  Ranges erased;
  for (Clock clock = range.clock; clock < range.end();) {
    const Position position = leaves_.find(clock);
    Leaf& leaf = leaves_[position];
    const Clock end = std::min(range.end(), end_of(position));
    if (!leaf.counts().all_deleted()) {
      const std::size_t size_before = leaf.size();
      const std::size_t blocks_before = leaf.counts().blocks;
      const Leaf::Erased in_leaf = leaf.erase(self_, {clock, end - clock});
      work_ += in_leaf.work;
      if (!in_leaf.ranges.empty()) {
        erased.insert(erased.end(), in_leaf.ranges.begin(), in_leaf.ranges.end());
        content_bytes_ = content_bytes_ - in_leaf.content_before + in_leaf.content_after;
        block_count_ = block_count_ - blocks_before + leaf.counts().blocks;
        note_change(size_before, leaf);
        if (in_leaf.first_changed) look_at_border(position);
        if (in_leaf.last_changed) look_at_border(leaves_.next(position));
        settle(position);
      }
    }
    clock = end;
  }
  return erased;
}

bool BlockList::is_deleted(ClockRange range) const {
  for (Clock clock = range.clock; clock < range.end();) {
    const Position position = leaves_.find(clock);
    const Leaf& leaf = leaves_[position];
    const Clock end = end_of(position);
    if (!leaf.counts().all_deleted()) {
      bool lives = false;
      leaf.visit_from(leaf.find(clock), [&](const StoredBlock& block, Clock at) {
        lives |= at < range.end() && !block.is_deleted();
      });
      if (lives) return false;
    }
    clock = end;
  }
  return true;
}

std::size_t BlockList::erasable_bytes_in(ClockRange range) const {
  std::size_t bytes = 0;
  for (Clock clock = range.clock; clock < range.end();) {
    const Position position = leaves_.find(clock);
    const Leaf& leaf = leaves_[position];
    leaf.visit_from(leaf.find(clock), [&](const StoredBlock& block, Clock at) {
      const bool inside = at >= range.clock && at + block.length <= range.end();
      if (inside && block.kind() != ContentKind::type) bytes += block.payload_bytes().size();
    });
    clock = end_of(position);
  }
  return bytes;
}

std::size_t BlockList::count_from(Clock clock) const {
  if (clock >= end_) return 0;
  if (clock == 0) return block_count_;
  Position position = leaves_.find(clock);
  const Leaf& first = leaves_[position];
  std::size_t count = first.counts().blocks - first.find(clock).index;
  for (position = leaves_.next(position); position != leaves_.end(); position = leaves_.next(position)) {
    const Leaf& leaf = leaves_[position];
    count += leaf.counts().blocks - (leaf.continues() ? 1 : 0);
  }
  return count;
}

Clock BlockList::end_of(Position position) const {
  const Position next = leaves_.next(position);
  return next == leaves_.end() ? end_ : leaves_[next].clock();
}

void BlockList::note_change(std::size_t size_before, const Leaf& leaf) {
  stored_bytes_ = stored_bytes_ - size_before + leaf.size();
}

void BlockList::settle(Position position) {
  if (leaves_[position].size() > Leaf::max_size) {
    split_until_small(position);
  } else if (leaves_[position].size() < small_leaf) {
    merge_if_small(position);
  }
}

void BlockList::look_at_border(Position position) {
  if (position == leaves_.begin() || position == leaves_.end()) return;
  Leaf& leaf = leaves_[position];
  const bool continues =
      can_join(leaves_[leaves_.previous(position)].last_head(), leaf.first_head(), {self_, leaf.clock()});
  if (continues == leaf.continues()) return;
  leaf.set_continues(continues);
  continues ? --block_count_ : ++block_count_;
}

// Halves, then their halves: the lower one stays at `position`, so it is always the leaf there that is next.
void BlockList::split_until_small(Position position) {
  std::size_t above = 0;
  for (;;) {
    Leaf& leaf = leaves_[position];
    const std::size_t size_before = leaf.size();
    if (size_before > Leaf::max_size) {
      if (std::optional<Leaf> upper = leaf.split(self_)) {
        work_ += 2 * size_before;
        stored_bytes_ = stored_bytes_ - size_before + leaf.size() + upper->size();
        const Clock clock = leaf.clock();
        leaves_.insert_after(position, std::move(*upper));
        position = leaves_.find(clock);
        ++above;
        continue;
      }
    }
    if (above == 0) return;
    --above;
    position = leaves_.next(position);
  }
}

void BlockList::merge_if_small(Position position) {
  const std::size_t size = leaves_[position].size();
  const Position next = leaves_.next(position);
  if (next != leaves_.end() && size + leaves_[next].size() <= max_merged_leaf) return absorb_next(position);
  if (position == leaves_.begin()) return;
  const Position previous = leaves_.previous(position);
  if (size + leaves_[previous].size() <= max_merged_leaf) absorb_next(previous);
}

void BlockList::absorb_next(Position position) {
  const Position next = leaves_.next(position);
  Leaf& leaf = leaves_[position];
  const std::size_t size_before = leaf.size() + leaves_[next].size();
  leaf.absorb(std::move(leaves_[next]));
  work_ += size_before;
  note_change(size_before, leaf);
  leaves_.erase(next);
}

}  // namespace canvas::crdt
