// Turns the bytes of a fuzzer into edits.
#pragma once

#include "crdt/doc/edit.h"
#include "history.h"

namespace canvas::fuzz {

// The roots that the edits write to.
struct Roots {
  crdt::TypeIndex map;
  crdt::TypeIndex array;
  crdt::TypeIndex text;
  crdt::TypeIndex xml;
};
Roots open_roots(crdt::Edit& edit);

// One edit, mostly a good one, in a root or in a type below it.
void edit_some(crdt::Edit& edit, Choices& choices);

}  // namespace canvas::fuzz
