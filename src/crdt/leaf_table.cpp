#include "crdt/leaf_table.h"

#include <iterator>

namespace canvas::crdt {

Leaf& LeafTable::push_back(Leaf leaf) {
  if (groups_.empty() || groups_.back().leaves.size() == max_group) groups_.push_back({leaf.clock(), {}});
  return groups_.back().leaves.emplace_back(std::move(leaf));
}

LeafTable::Position LeafTable::insert_after(Position at, Leaf leaf) {
  if (groups_[at.group].leaves.size() == max_group) {
    constexpr std::size_t half = max_group / 2;
    std::vector<Leaf>& lower = groups_[at.group].leaves;
    const auto cut = lower.begin() + half;
    Group upper{cut->clock(), {std::make_move_iterator(cut), std::make_move_iterator(lower.end())}};
    lower.erase(cut, lower.end());
    groups_.insert(groups_.begin() + static_cast<std::ptrdiff_t>(at.group) + 1, std::move(upper));
    if (at.index >= half) at = {at.group + 1, at.index - half};
  }
  std::vector<Leaf>& leaves = groups_[at.group].leaves;
  leaves.insert(leaves.begin() + static_cast<std::ptrdiff_t>(at.index) + 1, std::move(leaf));
  return {at.group, at.index + 1};
}

LeafTable::Position LeafTable::erase(Position at) {
  assert(at != begin());
  std::vector<Leaf>& leaves = groups_[at.group].leaves;
  leaves.erase(leaves.begin() + static_cast<std::ptrdiff_t>(at.index));
  if (leaves.empty()) {
    groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(at.group));
    if (groups_.size() < groups_.capacity() / 4) groups_.shrink_to_fit();
    return {at.group, 0};
  }
  if (leaves.size() < leaves.capacity() / 4) leaves.shrink_to_fit();
  groups_[at.group].clock = leaves.front().clock();
  return at.index < leaves.size() ? at : Position{at.group + 1, 0};
}

std::size_t LeafTable::memory_bytes() const {
  std::size_t bytes = groups_.capacity() * sizeof(Group);
  for (const Group& group : groups_) {
    bytes += group.leaves.capacity() * sizeof(Leaf);
    for (const Leaf& leaf : group.leaves) bytes += leaf.heap_bytes();
  }
  return bytes;
}

}  // namespace canvas::crdt
