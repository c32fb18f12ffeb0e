// Finding the place of an index in a list or text.
#pragma once

#include "crdt/doc/attributes.h"
#include "crdt/doc/doc_state_internal.h"

namespace canvas::crdt {

// Behind the first `offset` elements (at least one) of an item that lives; at the front, where `item` is
// no_item.
struct Place {
  ItemIndex item = no_item;
  std::uint64_t offset = 0;
  Attributes attributes{};  // in a text: those in force there, without marks that follow
};

// `index` is at most the length of the type. Begins at the front or at the document's cursor, whichever is
// nearer, and passes over the items between.
Place find_place(const DocState& doc, TypeIndex type, std::uint64_t index);

// The same for an end `length` elements behind a place, without attributes.
Place find_end(const DocState& doc, TypeIndex type, const Place& begin, std::uint64_t length);

// Whether a cut there goes through a character of two UTF-16 units.
bool is_inside_pair(const DocState& doc, const Place& place);

}  // namespace canvas::crdt
