// The items of one client in the order of their clocks.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/doc/item.h"

namespace canvas::crdt {

// Leaves of at most max_leaf entries, so that an item in the middle moves a leaf's worth and not all that
// follows; an entry is 8 bytes. Finding a clock is O(log items). Knows where items begin; where the last one
// ends is told by who appends. A value.
class ItemList {
public:
  // An entry. Valid until an entry is added or removed.
  struct Position {
    std::uint32_t leaf;
    std::uint32_t index;
    friend bool operator==(const Position&, const Position&) = default;
  };

  // The clock after the last item.
  Clock end() const { return end_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Adds what begins at end(), and is not empty.
  void append(ItemIndex item, std::uint64_t length);

  // The item that `clock`, below end(), is in.
  Position find(Clock clock) const;

  ItemIndex at(Position position) const { return leaves_[position.leaf].entries[position.index].item; }
  Clock clock_at(Position position) const {
    const Leaf& leaf = leaves_[position.leaf];
    return leaf.clock + leaf.entries[position.index].offset;
  }
  Position first() const { return {0, 0}; }
  Position last() const {
    const auto leaf = static_cast<std::uint32_t>(leaves_.size() - 1);
    return {leaf, static_cast<std::uint32_t>(leaves_[leaf].entries.size() - 1)};
  }
  bool is_first(Position position) const { return position.leaf == 0 && position.index == 0; }
  bool is_end(Position position) const { return position.leaf == leaves_.size(); }
  Position next(Position position) const {
    if (position.index + 1 < leaves_[position.leaf].entries.size())
      return {position.leaf, position.index + 1};
    return {position.leaf + 1, 0};
  }
  Position previous(Position position) const {
    if (position.index > 0) return {position.leaf, position.index - 1};
    return {position.leaf - 1, static_cast<std::uint32_t>(leaves_[position.leaf - 1].entries.size() - 1)};
  }

  // Puts the second part of a cut item behind the first; gives where it is then.
  Position insert_after(Position position, ItemIndex item, Clock clock);
  // Takes out an item that became part of the one before it; gives where that one is then. Not the first.
  Position remove(Position position);

  // How many items there are from the one on that `clock` is in.
  std::size_t count_from(Clock clock) const;

  std::size_t memory_bytes() const;

private:
  static constexpr std::size_t max_leaf = 128;
  static constexpr std::size_t growth = 16;

  struct Entry {
    std::uint32_t offset;  // of the item's clock from that of the leaf
    ItemIndex item;
  };
  struct Leaf {
    Clock clock;  // of its first item
    std::vector<Entry> entries;
  };

  static bool fits(const Leaf& leaf, Clock clock) {
    return clock - leaf.clock <= std::numeric_limits<std::uint32_t>::max();
  }
  static void make_room(Leaf& leaf);
  void cut_leaf(std::size_t leaf, std::size_t index);
  // Makes leaf `right` part of the one before it where both are small.
  bool join_leaves(std::size_t right);

  Clock end_ = 0;
  std::size_t size_ = 0;
  // Invariants: no leaf is empty or larger than max_leaf; items ascend; the first entry of a leaf has offset
  // 0.
  std::vector<Leaf> leaves_;
};

}  // namespace canvas::crdt
