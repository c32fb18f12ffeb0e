// Tells whether stored bytes are those that were written.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace canvas::store {

// XXH3, 64 bits, seed 0 (xxhash.com), as the signed number that a bigint column holds. Finds damage, not
// malice.
std::int64_t checksum(BytesView bytes);

// `stored` is none where whoever wrote the bytes made no checksum: then nothing can be said against them.
bool is_sound(BytesView bytes, std::optional<std::int64_t> stored);

}  // namespace canvas::store
