// What an update brings, and what of it a replica lacks, without a document.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/state_vector.h"

namespace canvas::crdt {

// The update without what `known` covers, as Yjs's diffUpdate: of each client the blocks from the first on
// that is not all known, cut where the known ends; the deletions all of them. Blocks are copied as they are,
// JSON in them too. Linear but for log n a client. Fails with Errc::malformed.
Result<Bytes> diff_update(BytesView update, const StateVector& known);

// The state of a document that has this update alone, as Yjs's encodeStateVectorFromUpdate: for each client
// the end of what begins at clock 0 and has no gap. What blocks of other clients wait for is not looked at.
// (Yjs takes a gap that the very first block is for something that is there.) Fails with Errc::malformed.
Result<StateVector> state_vector_of_update(BytesView update);

}  // namespace canvas::crdt
