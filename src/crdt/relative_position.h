// A place in a document that stays where it is while things around it change: what cursors are sent as.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/id.h"

namespace canvas::crdt {

// Beside an element, or at the end of a type that is a root or was made by a block. A value.
// Formats: docs/crdt-internals.md#relative-position.
struct RelativePosition {
  std::optional<Id> type = {};
  std::optional<std::string> root_name = {};  // UTF-8
  std::optional<Id> item = {};
  // Not negative: the place is before the element; negative: behind it.
  std::int64_t association = 0;

  friend bool operator==(const RelativePosition&, const RelativePosition&) = default;
};

// As Yjs's encodeRelativePosition: of the three the item, else the root's name, else the type. One of them is
// there.
Bytes encode_relative_position(const RelativePosition& position);

// The association may be missing, as in positions of old programs, and is 0 then. Fails with Errc::malformed
// on bytes that are cut off, left over or of a kind that is not known.
Result<RelativePosition> decode_relative_position(BytesView bytes);

// As JSON.stringify(relativePositionToJSON(position)):
// {"tname":"text","item":{"client":1,"clock":2},"assoc":0}. Like Yjs it leaves out a root's name that is
// empty.
std::string relative_position_to_json(const RelativePosition& position);

// As createRelativePositionFromJSON. Fails with Errc::malformed on what is not an object with at least one of
// type, tname and item, each as above.
Result<RelativePosition> relative_position_from_json(std::string_view json);

}  // namespace canvas::crdt
