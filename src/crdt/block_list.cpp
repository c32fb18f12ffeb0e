#include "crdt/block_list.h"

#include <algorithm>

namespace canvas::crdt {

std::size_t BlockList::memory_bytes() const {
  std::size_t bytes = leaves_.capacity() * sizeof(Leaf) + content_bytes_;
  for (const Leaf& leaf : leaves_) bytes += leaf.blocks.capacity() * sizeof(Block);
  return bytes;
}

void BlockList::append(Block block, std::uint64_t length) {
  assert(block.clock() == end_ && length > 0);
  content_bytes_ += block.content().view().size();
  end_ += length;
  if (!leaves_.empty()) {
    Block& last = leaves_.back().blocks.back();
    if (can_join(last, block, self_)) {
      last.content().append(block.content().view());
      return;
    }
  }
  ++block_count_;
  if (leaves_.empty() || leaves_.back().blocks.size() == max_leaf) leaves_.push_back({block.clock(), {}});
  leaves_.back().blocks.push_back(std::move(block));
}

bool BlockList::is_deleted(ClockRange range) const {
  if (range.length == 0) return true;
  for (Position position = find(range.clock); !is_end(position); position = next(position)) {
    if (at(position).clock() >= range.end()) break;
    if (!at(position).is_deleted()) return false;
  }
  return true;
}

std::size_t BlockList::erasable_bytes_in(ClockRange range) const {
  if (range.length == 0) return 0;
  std::size_t bytes = 0;
  for (Position position = find(range.clock); !is_end(position); position = next(position)) {
    if (end_of(position) > range.end()) break;
    const Block& block = at(position);
    if (block.clock() >= range.clock && block.kind() != ContentKind::type)
      bytes += block.content().view().size();
  }
  return bytes;
}

std::size_t BlockList::count_from(Clock clock) const {
  if (clock >= end_) return 0;
  const Position position = find(clock);
  std::size_t count = leaves_[position.leaf].blocks.size() - position.index;
  for (std::size_t leaf = position.leaf + 1; leaf < leaves_.size(); ++leaf)
    count += leaves_[leaf].blocks.size();
  return count;
}

BlockList::Position BlockList::find(Clock clock) const {
  assert(clock < end_);
  const auto leaf = std::prev(std::upper_bound(leaves_.begin(), leaves_.end(), clock,
                                               [](Clock c, const Leaf& l) { return c < l.clock; }));
  const auto block = std::prev(std::upper_bound(leaf->blocks.begin(), leaf->blocks.end(), clock,
                                                [](Clock c, const Block& b) { return c < b.clock(); }));
  return {static_cast<std::size_t>(leaf - leaves_.begin()),
          static_cast<std::size_t>(block - leaf->blocks.begin())};
}

BlockList::Position BlockList::next(Position position) const {
  if (position.index + 1 < leaves_[position.leaf].blocks.size()) return {position.leaf, position.index + 1};
  return {position.leaf + 1, 0};
}

Clock BlockList::end_of(Position position) const {
  const Position following = next(position);
  return is_end(following) ? end_ : at(following).clock();
}

BlockList::Position BlockList::erase_block(Position position, Clock begin, Clock end) {
  if (end < end_of(position)) {
    split(position, end);
    position = find(begin);
  }
  if (begin > at(position).clock()) position = split(position, begin);
  Block& block = at(position);
  content_bytes_ -= block.content().view().size();
  block.mark_deleted();
  content_bytes_ += block.content().view().size();
  return join_with_previous(position);
}

BlockList::Position BlockList::split(Position position, Clock clock) {
  Block& block = at(position);
  // Halves of a cut character are longer than the character: count anew.
  content_bytes_ -= block.content().view().size();
  Block right = split_block(block, self_, clock - block.clock());
  content_bytes_ += block.content().view().size() + right.content().view().size();
  return insert({position.leaf, position.index + 1}, std::move(right));
}

BlockList::Position BlockList::join_with_previous(Position position) {
  if (position.leaf == 0 && position.index == 0) return position;
  const Position previous = position.index > 0
                                ? Position{position.leaf, position.index - 1}
                                : Position{position.leaf - 1, leaves_[position.leaf - 1].blocks.size() - 1};
  Block& left = at(previous);
  Block& right = at(position);
  if (!can_join(left, right, self_)) return position;
  left.content().append(right.content().view());
  remove(position);
  return previous;
}

BlockList::Position BlockList::insert(Position position, Block block) {
  if (leaves_[position.leaf].blocks.size() == max_leaf) {
    const std::size_t half = max_leaf / 2;
    cut_leaf(position.leaf, half);
    if (position.index > half) position = {position.leaf + 1, position.index - half};
  }
  ++block_count_;
  std::vector<Block>& blocks = leaves_[position.leaf].blocks;
  blocks.insert(blocks.begin() + static_cast<std::ptrdiff_t>(position.index), std::move(block));
  return position;
}

void BlockList::cut_leaf(std::size_t leaf, std::size_t index) {
  std::vector<Block>& blocks = leaves_[leaf].blocks;
  const auto cut = blocks.begin() + static_cast<std::ptrdiff_t>(index);
  Leaf upper{cut->clock(), {std::make_move_iterator(cut), std::make_move_iterator(blocks.end())}};
  blocks.erase(cut, blocks.end());
  leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(leaf) + 1, std::move(upper));
}

void BlockList::remove(Position position) {
  --block_count_;
  std::vector<Block>& blocks = leaves_[position.leaf].blocks;
  blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(position.index));
  if (blocks.empty()) {
    leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(position.leaf));
  } else {
    leaves_[position.leaf].clock = blocks.front().clock();
  }
}

}  // namespace canvas::crdt
