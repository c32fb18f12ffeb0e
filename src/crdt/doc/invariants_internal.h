// For tests and fuzzers: whether all that a document holds fits together.
#pragma once

#include "crdt/doc/doc_state_internal.h"

namespace canvas::crdt {

// Walks over everything, between transactions. Fails with Errc::invalid_use and says what does not fit, which
// is a bug of ours.
Result<void> check_invariants(const DocState& doc);

}  // namespace canvas::crdt
