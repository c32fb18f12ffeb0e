// The state of a document that has none.
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "store/tables.h"

namespace canvas::store {

// An update of nothing: what the state is until the first fold.
inline constexpr std::uint8_t empty_update[] = {0, 0};

inline bool is_empty_state(BytesView state) {
  return state.empty() || std::ranges::equal(state, empty_update);
}

// From when on `state`, written at `written`, is what the document was: nothing was nothing for ever.
inline WallTime base_time_of(BytesView state, WallTime written) {
  return is_empty_state(state) ? WallTime{} : written;
}

}  // namespace canvas::store
