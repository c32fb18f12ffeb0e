// The edits of one person, as the updates that Yjs would make of them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crdt/delete_set.h"
#include "crdt/wire_block.h"

namespace canvas::load {

enum class Edit {
  type,     // one character into the Y.Text "notes", behind the last one of this person
  drag,     // x and y of this person's shape in the Y.Map "shapes"
  replace,  // all of the Y.Text "diagram-xml" is deleted, and inserted anew
};

// Keeps of the document only what its own next edit refers to. A value.
class Author {
public:
  struct Update {
    Bytes bytes;
    crdt::Clock end;  // the first clock of this person that is not used
    crdt::DeleteSet deleted;
  };

  // `diagram_bytes`: how long the text of a replacement is.
  Author(crdt::ClientId self, std::uint32_t diagram_bytes) : self_(self), diagram_bytes_(diagram_bytes) {}

  crdt::ClientId id() const { return self_; }
  crdt::Clock next() const { return next_; }
  Update make(Edit edit);

  // Something of another person that has come, and what has been deleted: the next replacement deletes what
  // is left.
  void see(const crdt::WireBlock& block);
  void see_deleted(crdt::ClientId client, crdt::ClockRange range);

private:
  struct Piece {
    crdt::Id id;
    std::uint64_t length;
  };

  Update type();
  Update drag();
  Update replace();

  crdt::ClientId self_;
  std::uint32_t diagram_bytes_;
  crdt::Clock next_ = 0;
  std::uint32_t edits_ = 0;
  std::optional<crdt::Clock> last_typed_;
  std::optional<crdt::Clock> last_place_;  // of the shape: x, and y behind it
  std::optional<crdt::Id> head_;           // where the diagram's text began when it was last looked at
  std::vector<Piece> diagram_;             // what is there of the diagram's text
};

// A draw.io diagram of so many bytes (never fewer than its frame), all ASCII; differs by `version`.
std::string diagram_text(std::uint32_t bytes, std::uint32_t version);

}  // namespace canvas::load
