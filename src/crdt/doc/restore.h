// Bringing back what a document once held.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/doc/doc.h"
#include "crdt/snapshot.h"

namespace canvas::crdt {

struct Restored {
  bool changed;
  Bytes update;                         // in format v1; of no blocks and deletions when nothing changed
  std::vector<std::string_view> roots;  // that changed; valid as long as the document
};

// Edits `present`, under its own client, so that it reads as `past` does, an earlier state of it: one
// transaction on top of all that happened since. Nothing is destroyed, and what others edit meanwhile merges
// with it.
//
// What was visible then and is not now is inserted anew beside where it was, marks of format too; types are
// made anew with all that they held. What is visible now and was not then is deleted. What is visible in both
// stays what it is. So the visible elements are those of the past, in their order. What waits counts in
// neither.
//
// Works whatever the present has kept of what is deleted. Where `past` is not an earlier state of `present`
// the result still reads as `past`, but it may be all anew. n log n, but for text of which much that was kept
// is cut in many places. Fails with Errc::too_large when the clock of the client is used up, and
// Errc::invalid_use when blocks of it wait; then nothing has changed.
Result<Restored> restore(Doc& present, const Doc& past);

// The same for two states in update format v1; gives the update. Fails with Errc::malformed too.
struct RestoringUpdate {
  bool changed;
  Bytes update;
};
Result<RestoringUpdate> restore_state(BytesView present_state, BytesView past_state, ClientId author);

// The state of that moment as an update in format v1, out of a later state (in format v1, from its beginning)
// that has kept what was deleted since: Yjs's createDocFromSnapshot. Linear, but for the deletions. Fails
// with Errc::not_found when something of that time is not there or was collected, Errc::malformed on a bad
// state.
Result<Bytes> state_at_snapshot(BytesView state, const Snapshot& snapshot);

}  // namespace canvas::crdt
