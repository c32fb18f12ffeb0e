// Places found at once where many items were put at one spot.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <optional>

#include "base/seeded_hash.h"
#include "crdt/doc/item_store.h"

namespace canvas::crdt {

// Siblings are items with the same origin, or, without one, of the same list. Where at some spot all of them
// have the same right origin too, they lie in the order of their clients, each followed by what was put
// behind it (docs/crdt-internals.md#many-at-one-place says why): so the place of another one is found in this
// index, in O(log siblings), where Yjs looks through them all.
//
// Holds a group only for spots at which a search was long. Whoever links, cuts, joins or collects items tells
// it.
class SiblingIndex {
public:
  // The siblings at one spot, by client; those of one client in the order in which they lie.
  struct Group {
    std::optional<Reference> right_origin;  // of all of them
    std::multimap<ClientId, ItemIndex> items;
  };

  bool empty() const { return groups_.empty(); }

  // The group that the item is or would be in; null when there is none.
  Group* find(const Item& item);

  // Begins the group that `item` would be in.
  void add_group(const Item& item, Group group);
  void remove_group(const Item& item);

  void clear() { groups_.clear(); }

  // An item has its place now: puts it into its group, or ends the group that it does not fit into.
  void add(const ItemStore& items, ItemIndex item);
  // An item becomes part of its origin.
  void remove(const ItemStore& items, ItemIndex item);

  // The group at the front of a list.
  void remove_group(TypeIndex parent, NameIndex parent_sub);

  // Calls `visit(const Group&)` for each.
  template <class Visit>
  void visit(Visit&& visit) const {
    for (const auto& entry : groups_) visit(entry.second);
  }

  std::size_t memory_bytes() const;

private:
  struct Spot {
    std::uint64_t owner;  // the client of the origin, or type and key of the list
    std::uint64_t clock;  // of the origin, or list_front
    friend bool operator==(const Spot&, const Spot&) = default;
  };
  struct SpotHash {
    using is_avalanching = void;
    std::size_t operator()(const Spot& spot) const noexcept {
      return seeded_hash(spot.owner ^ seeded_hash(spot.clock));
    }
  };
  static constexpr std::uint64_t list_front = ~std::uint64_t{0};

  static Spot spot_of(const Item& item);
  static Spot front_of(TypeIndex parent, NameIndex parent_sub);

  boost::unordered_flat_map<Spot, Group, SpotHash> groups_;
};

}  // namespace canvas::crdt
