#include "crdt/pending.h"

#include <algorithm>
#include <cassert>

namespace canvas::crdt {
namespace {

std::size_t cost(const Pending::Waiting& waiting) {
  return Pending::bytes_per_block + waiting.bytes.size();
}

}  // namespace

bool Pending::add(const PlacedBlock& block) {
  Queue& queue = queues_[value_of(block.id.client)];
  bool added = false;
  // Each turn steps over what is kept at `at`, or fills the gap there.
  ContentCutter content(block.block);
  for (Clock at = block.id.clock; at < block.end();) {
    const auto after = queue.upper_bound(at);
    if (after != queue.begin()) {
      const auto& [clock, before] = *std::prev(after);
      if (const Clock before_end = std::min(clock + before.length, block.end()); before_end > at) {
        (void)content.take(before_end - at);
        at = before_end;
        continue;
      }
    }
    const Clock end = after == queue.end() ? block.end() : std::min(block.end(), after->first);
    Waiting waiting{{}, end - at};
    append_part(waiting.bytes, block, at, end, content.take(end - at));
    memory_bytes_ += cost(waiting);
    queue.emplace_hint(after, at, std::move(waiting));
    added = true;
    at = end;
  }
  return added;
}

const Pending::Queue* Pending::find(ClientId client) const {
  const auto found = queues_.find(value_of(client));
  return found == queues_.end() ? nullptr : &found->second;
}

Pending::Waiting Pending::take_first(ClientId client) {
  const auto found = queues_.find(value_of(client));
  assert(found != queues_.end());
  Waiting first = std::move(found->second.begin()->second);
  memory_bytes_ -= cost(first);
  found->second.erase(found->second.begin());
  if (found->second.empty()) queues_.erase(found);
  return first;
}

}  // namespace canvas::crdt
