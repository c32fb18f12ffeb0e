// A block as update v1 carries it.
#pragma once

#include <optional>
#include <string_view>

#include "crdt/content.h"
#include "crdt/id.h"

namespace canvas::crdt {

// Where an item hangs when it has no neighbour to tell: in a root type, or in the type that another item
// made.
struct Parent {
  std::optional<std::string_view> root_name;  // else `id` is the item
  Id id;
};

// One block. All views are borrowed.
struct WireBlock {
  Id id;
  ContentKind kind;
  std::optional<Id> origin;                    // the element that was to its left when it was made
  std::optional<Id> right_origin;              // the element that was to its right
  std::optional<Parent> parent;                // there when both origins are missing
  std::optional<std::string_view> parent_sub;  // the key in a map; there only with `parent`
  bool in_map;  // the flag of the wire that says that it is an entry of a map, also where the key is left out
  Content content;

  std::uint64_t length() const { return content.length; }
  Clock end() const { return id.clock + content.length; }
};

// Reads the block of `client` that begins at `clock`, and checks that it refers to nothing of its client that
// is not older than itself, and that its end is a clock. On failure `in` is failed.
WireBlock read_block(lib0::Reader& in, ClientId client, Clock clock);

// Whether it refers to an element of its own client that is not older than itself: no honest block does.
bool refers_to_the_future(const WireBlock& block);

// Writes it without its id, which the section tells.
void write_block(lib0::Writer& out, const WireBlock& block);

}  // namespace canvas::crdt
