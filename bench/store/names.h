// Names that no other run has.
#pragma once

#include <random>
#include <string>

#include "crdt/id.h"

namespace canvas::bench {

inline std::uint32_t random_number() {
  return std::random_device()();
}

inline std::string unused_name() {
  return "bench-" + std::to_string(random_number());
}

// As Yjs chooses them: 32 bits.
inline crdt::ClientId random_client() {
  return crdt::ClientId{random_number()};
}

}  // namespace canvas::bench
