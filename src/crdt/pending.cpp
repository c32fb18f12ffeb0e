#include "crdt/pending.h"

#include <algorithm>

namespace canvas::crdt {
namespace {

std::size_t cost(const Block& block) {
  return Pending::bytes_per_block + block.content().heap_bytes();
}

}  // namespace

bool Pending::add(ClientIndex client, Block block, std::uint64_t length) {
  Queue& queue = queues_[client];
  bool added = false;
  // What is left of the block to place begins at block.clock(); each turn steps over what is kept there, or
  // fills a gap.
  for (;;) {
    const auto after = queue.upper_bound(block.clock());
    if (after != queue.begin() && std::prev(after)->second.end() > block.clock()) {
      const std::uint64_t covered = std::prev(after)->second.end() - block.clock();
      if (covered >= length) break;
      block = split_block(block, client, covered);
      length -= covered;
      continue;
    }
    const Clock clock = block.clock();
    const std::uint64_t gap = after == queue.end() ? length : std::min(length, after->first - clock);
    std::optional<Block> rest;
    if (gap < length) rest = split_block(block, client, gap);
    memory_bytes_ += cost(block);
    queue.emplace_hint(after, clock, Waiting{std::move(block), gap});
    added = true;
    if (!rest) break;
    block = std::move(*rest);
    length -= gap;
  }
  return added;
}

Pending::Queue* Pending::find(ClientIndex client) {
  const auto found = queues_.find(client);
  return found == queues_.end() ? nullptr : &found->second;
}

const Pending::Queue* Pending::find(ClientIndex client) const {
  const auto found = queues_.find(client);
  return found == queues_.end() ? nullptr : &found->second;
}

Pending::Waiting Pending::take_first(ClientIndex client) {
  const auto found = queues_.find(client);
  assert(found != queues_.end());
  Waiting first = std::move(found->second.begin()->second);
  memory_bytes_ -= cost(first.block);
  found->second.erase(found->second.begin());
  if (found->second.empty()) queues_.erase(found);
  return first;
}

}  // namespace canvas::crdt
