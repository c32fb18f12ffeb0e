// Where the last edit was made.
#pragma once

#include "crdt/doc/attributes.h"
#include "crdt/doc/item.h"

namespace canvas::crdt {

// The place behind an element that lives. Kept by the document from one edit to the next; good for the
// transaction that it names only.
struct EditCursor {
  std::uint64_t transaction = 0;
  TypeIndex type = no_type;  // no_type: there is no such place
  Reference element{};
  std::uint64_t index = 0;  // elements up to it, itself too
  Attributes attributes{};  // in a text: those in force behind it
};

}  // namespace canvas::crdt
