// Whether updates tell one story: only then must every order of them come out the same.
#pragma once

#include <span>

#include "base/bytes.h"

namespace canvas::fuzz {

// True when no two of the updates, all of them well formed, tell different things of one element, after all
// that they delete is deleted. Strangers can send updates that do not agree; honest replicas cannot. False
// too when there are more than `max_pieces` to compare.
bool do_agree(std::span<const Bytes> updates, std::size_t max_pieces);

}  // namespace canvas::fuzz
