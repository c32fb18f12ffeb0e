// The leaves of a block list, in order.
#pragma once

#include <algorithm>
#include <cassert>
#include <vector>

#include "crdt/leaf.h"

namespace canvas::crdt {

// Groups of at most max_group leaves, so that a new leaf in the middle moves a group's worth and not all that
// follows. A value; moves, does not copy. A position is valid until a leaf is inserted or erased.
class LeafTable {
public:
  struct Position {
    std::size_t group;
    std::size_t index;
    friend bool operator==(const Position&, const Position&) = default;
  };

  bool empty() const { return groups_.empty(); }
  Leaf& operator[](Position at) { return groups_[at.group].leaves[at.index]; }
  const Leaf& operator[](Position at) const { return groups_[at.group].leaves[at.index]; }
  Leaf& back() { return groups_.back().leaves.back(); }
  const Leaf& back() const { return groups_.back().leaves.back(); }

  Position begin() const { return {0, 0}; }
  // Behind the last leaf.
  Position end() const { return {groups_.size(), 0}; }
  Position last() const { return {groups_.size() - 1, groups_.back().leaves.size() - 1}; }

  Position next(Position at) const {
    if (at.index + 1 < groups_[at.group].leaves.size()) return {at.group, at.index + 1};
    return {at.group + 1, 0};
  }
  Position previous(Position at) const {
    assert(at != begin());
    if (at.index > 0) return {at.group, at.index - 1};
    return {at.group - 1, groups_[at.group - 1].leaves.size() - 1};
  }

  // The leaf that `clock` is in; there is at least one, and the first begins at or below it.
  Position find(Clock clock) const {
    if (clock >= back().clock()) return last();
    const auto group = std::prev(std::upper_bound(groups_.begin(), groups_.end(), clock,
                                                  [](Clock c, const Group& g) { return c < g.clock; }));
    const auto leaf = std::prev(std::upper_bound(group->leaves.begin(), group->leaves.end(), clock,
                                                 [](Clock c, const Leaf& l) { return c < l.clock(); }));
    return {static_cast<std::size_t>(group - groups_.begin()),
            static_cast<std::size_t>(leaf - group->leaves.begin())};
  }

  Leaf& push_back(Leaf leaf);
  // Gives the position of the new leaf, which comes behind that at `at`; `at` may mean another one then.
  Position insert_after(Position at, Leaf leaf);
  // Not the first one. Gives the position of the one that was behind it.
  Position erase(Position at);

  std::size_t memory_bytes() const;

private:
  static constexpr std::size_t max_group = 128;

  struct Group {
    Clock clock;  // of its first leaf
    std::vector<Leaf> leaves;
  };

  std::vector<Group> groups_;  // none is empty
};

}  // namespace canvas::crdt
