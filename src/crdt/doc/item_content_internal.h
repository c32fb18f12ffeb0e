// Cutting and joining what items hold.
#pragma once

#include "crdt/doc/item.h"

namespace canvas::crdt {

// `left` keeps its first `offset` elements, `right`, which has none yet, gets the others. Lengths are set.
// Linear in what `right` gets, and for text that is not ASCII in what `left` keeps.
void split_content(Item& left, Item& right, std::uint64_t offset);

// `left` gets what `right`, of the same kind, holds. The length is set.
void join_content(Item& left, const Item& right);

}  // namespace canvas::crdt
