// Where the items of a document lie: in pieces that never move, so that growing copies nothing.
#pragma once

#include <memory>
#include <new>
#include <vector>

#include "crdt/doc/item.h"

namespace canvas::crdt {

// Hands out places by number, the ones that were given back first. Owns the items; moves, does not copy.
class ItemSlab {
public:
  ItemSlab() = default;
  ItemSlab(const ItemSlab&) = delete;
  ItemSlab& operator=(const ItemSlab&) = delete;
  ~ItemSlab();

  Item& operator[](ItemIndex index) { return pieces_[index / piece_size]->items[index % piece_size].item; }
  const Item& operator[](ItemIndex index) const {
    return pieces_[index / piece_size]->items[index % piece_size].item;
  }

  // Throws std::bad_alloc past 2^32 - 2 items.
  ItemIndex add(Item item);
  void remove(ItemIndex index);

  std::size_t memory_bytes() const {
    return pieces_.size() * sizeof(Piece) + pieces_.capacity() * sizeof(pieces_[0]);
  }

private:
  static constexpr std::size_t piece_size = 256;

  // Not constructed until it is used. A place that was given back holds an empty item whose right neighbour
  // is the next such place.
  union Place {
    Place() {}   // NOLINT(modernize-use-equals-default): the item is not made here
    ~Place() {}  // NOLINT(modernize-use-equals-default)
    Item item;
  };
  struct Piece {
    Place items[piece_size];
  };

  std::vector<std::unique_ptr<Piece>> pieces_;
  ItemIndex used_ = 0;  // places that were ever handed out
  ItemIndex free_ = no_item;
};

}  // namespace canvas::crdt
