// What an update does, in numbers.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace canvas::crdt {

// Elements are what clocks count: UTF-16 units of text, entries of arrays and maps, types.
struct UpdateSummary {
  std::uint64_t inserted;  // that it brings with their content
  std::uint64_t deleted;   // that it names as deleted, each once
};

// n log n in the update. Fails with Errc::malformed.
Result<UpdateSummary> summarize_update(BytesView update);

}  // namespace canvas::crdt
