#include "crdt/doc/item_list.h"

#include <algorithm>

namespace canvas::crdt {

void ItemList::append(ItemIndex item, std::uint64_t length) {
  assert(length > 0);
  const Clock clock = end_;
  end_ += length;
  ++size_;
  if (leaves_.empty() || leaves_.back().entries.size() == max_leaf || !fits(leaves_.back(), clock)) {
    leaves_.push_back({clock, {}});
  }
  Leaf& leaf = leaves_.back();
  make_room(leaf);
  leaf.entries.push_back({static_cast<std::uint32_t>(clock - leaf.clock), item});
}

ItemList::Position ItemList::find(Clock clock) const {
  assert(clock < end_);
  const auto leaf = std::prev(std::upper_bound(leaves_.begin(), leaves_.end(), clock,
                                               [](Clock c, const Leaf& l) { return c < l.clock; }));
  const Clock offset = clock - leaf->clock;
  const auto entry = std::prev(std::upper_bound(leaf->entries.begin(), leaf->entries.end(), offset,
                                                [](Clock o, const Entry& e) { return o < e.offset; }));
  return {static_cast<std::uint32_t>(leaf - leaves_.begin()),
          static_cast<std::uint32_t>(entry - leaf->entries.begin())};
}

ItemList::Position ItemList::insert_after(Position position, ItemIndex item, Clock clock) {
  if (leaves_[position.leaf].entries.size() == max_leaf) {
    const std::uint32_t half = max_leaf / 2;
    cut_leaf(position.leaf, half);
    if (position.index >= half) position = {position.leaf + 1, position.index - half};
  }
  ++size_;
  Leaf& leaf = leaves_[position.leaf];
  if (!fits(leaf, clock)) {
    // What follows begins later still, so it is in leaves of its own already.
    assert(position.index + 1 == leaf.entries.size());
    leaves_.insert(leaves_.begin() + position.leaf + 1, Leaf{clock, {Entry{0, item}}});
    return {position.leaf + 1, 0};
  }
  make_room(leaf);
  leaf.entries.insert(leaf.entries.begin() + position.index + 1,
                      Entry{static_cast<std::uint32_t>(clock - leaf.clock), item});
  return {position.leaf, position.index + 1};
}

ItemList::Position ItemList::remove(Position position) {
  const Position left = previous(position);
  --size_;
  std::vector<Entry>& entries = leaves_[position.leaf].entries;
  entries.erase(entries.begin() + position.index);
  if (entries.empty()) {
    leaves_.erase(leaves_.begin() + position.leaf);
    return left;
  }
  if (position.index == 0) {
    const std::uint32_t moved = entries.front().offset;
    leaves_[position.leaf].clock += moved;
    for (Entry& entry : entries) entry.offset -= moved;
  }
  if (entries.size() > max_leaf / 4) return left;
  if (position.leaf + 1u < leaves_.size() && join_leaves(position.leaf + 1u)) return left;
  if (position.leaf == 0) return left;
  const auto before = static_cast<std::uint32_t>(leaves_[position.leaf - 1].entries.size());
  if (join_leaves(position.leaf) && left.leaf == position.leaf) return {left.leaf - 1, before + left.index};
  return left;
}

std::size_t ItemList::count_from(Clock clock) const {
  if (clock >= end_) return 0;
  const Position position = find(clock);
  std::size_t count = leaves_[position.leaf].entries.size() - position.index;
  for (std::size_t leaf = position.leaf + 1; leaf < leaves_.size(); ++leaf)
    count += leaves_[leaf].entries.size();
  return count;
}

std::size_t ItemList::memory_bytes() const {
  std::size_t bytes = leaves_.capacity() * sizeof(Leaf);
  for (const Leaf& leaf : leaves_) bytes += leaf.entries.capacity() * sizeof(Entry);
  return bytes;
}

// Leaves are many and seldom full: doubling would leave a third of them empty.
void ItemList::make_room(Leaf& leaf) {
  if (leaf.entries.size() < leaf.entries.capacity() || leaf.entries.size() < growth) return;
  leaf.entries.reserve(leaf.entries.size() + growth);
}

void ItemList::cut_leaf(std::size_t leaf, std::size_t index) {
  std::vector<Entry>& entries = leaves_[leaf].entries;
  const auto cut = entries.begin() + static_cast<std::ptrdiff_t>(index);
  Leaf upper{leaves_[leaf].clock + cut->offset, {cut, entries.end()}};
  const std::uint32_t moved = cut->offset;
  for (Entry& entry : upper.entries) entry.offset -= moved;
  entries.erase(cut, entries.end());
  entries.shrink_to_fit();
  leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(leaf) + 1, std::move(upper));
}

bool ItemList::join_leaves(std::size_t right) {
  Leaf& from = leaves_[right];
  Leaf& to = leaves_[right - 1];
  if (from.entries.size() + to.entries.size() > max_leaf / 2) return false;
  if (!fits(to, from.clock + from.entries.back().offset)) return false;
  const auto moved = static_cast<std::uint32_t>(from.clock - to.clock);
  to.entries.reserve(to.entries.size() + from.entries.size());
  for (const Entry& entry : from.entries) to.entries.push_back({entry.offset + moved, entry.item});
  leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(right));
  return true;
}

}  // namespace canvas::crdt
