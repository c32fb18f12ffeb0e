// What a fresh client finds when a run is over.
#pragma once

#include <vector>

#include "base/result.h"
#include "load/crowd.h"

namespace canvas::load {

// Loads each of `rooms` as somebody who was not there, several at a time, and adds to `losses` what was
// promised and is not in it. A room that cannot be loaded within a minute counts as unchecked.
Result<void> inspect(const World& world, const std::vector<Room>& rooms, Losses& losses);

// How many ranges of `promised` are not wholly in `found`.
std::uint64_t count_missing(const crdt::DeleteSet& promised, const crdt::DeleteSet& found);

}  // namespace canvas::load
