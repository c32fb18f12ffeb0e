// Relative positions in a Doc.
#pragma once

#include "crdt/doc/doc.h"
#include "crdt/doc/type_table.h"
#include "crdt/relative_position.h"

namespace canvas::crdt {

// A place in a list or text: before the element with that index.
struct AbsolutePosition {
  TypeIndex type;       // good until the document changes
  std::uint64_t index;  // 0 where the type is deleted
  friend bool operator==(const AbsolutePosition&, const AbsolutePosition&) = default;
};

// Where a relative position is now, as Yjs's createAbsolutePositionFromRelativePosition. None when what it
// names is not there (yet) or is collected, or is a root in which nothing ever was. Linear in the items
// before the place.
std::optional<AbsolutePosition> find_position(const Doc& doc, const RelativePosition& position);

// What a place is relative to, as Yjs's createRelativePositionFromTypeIndex: with a negative association the
// element before it, else that behind it; where that is the beginning or the end, the type. Linear in the
// items before the place. Fails with Errc::invalid_use beyond the end.
Result<RelativePosition> make_relative(const Doc& doc, const AbsolutePosition& position,
                                       std::int64_t association);

}  // namespace canvas::crdt
