#include "store/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace canvas::store {

std::int64_t checksum(BytesView bytes) {
  return static_cast<std::int64_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

bool is_sound(BytesView bytes, std::optional<std::int64_t> stored) {
  return !stored || *stored == checksum(bytes);
}

}  // namespace canvas::store
