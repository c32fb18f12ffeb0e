#include "crdt/merge.h"

#include <limits>

#include "crdt/block_store.h"

namespace canvas::crdt {

Result<Bytes> merge_updates(std::span<const BytesView> updates) {
  BlockStore store({.max_pending_bytes = std::numeric_limits<std::size_t>::max()});
  for (const BytesView update : updates) {
    if (auto applied = store.apply(update); !applied) return applied.error();
  }
  return store.encode_difference({});
}

}  // namespace canvas::crdt
