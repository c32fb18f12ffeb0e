// Updates made one, without a document.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace canvas::crdt {

// One update that does what all of `updates` do together, in any order. Compact: content that they delete
// among themselves is left out. n log n in their size. Fails with Errc::malformed when one of them is.
Result<Bytes> merge_updates(std::span<const BytesView> updates);

}  // namespace canvas::crdt
