#include "crdt/doc/item_slab.h"

namespace canvas::crdt {

ItemSlab::~ItemSlab() {
  for (ItemIndex index = 0; index < used_; ++index) (*this)[index].~Item();
}

ItemIndex ItemSlab::add(Item item) {
  if (free_ != no_item) {
    const ItemIndex index = free_;
    Item& place = (*this)[index];
    free_ = place.right();
    place = std::move(item);
    return index;
  }
  if (used_ == no_item) throw std::bad_alloc();
  if (used_ % piece_size == 0) pieces_.push_back(std::unique_ptr<Piece>(new Piece));
  const ItemIndex index = used_++;
  new (&pieces_[index / piece_size]->items[index % piece_size].item) Item(std::move(item));
  return index;
}

void ItemSlab::remove(ItemIndex index) {
  Item& place = (*this)[index];
  place = Item({0, 0}, ContentKind::gc, 0);
  place.set_right(free_);
  free_ = index;
}

}  // namespace canvas::crdt
