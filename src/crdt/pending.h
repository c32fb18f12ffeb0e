// Blocks that came before what they build on.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>

#include "crdt/block.h"

namespace canvas::crdt {

// For each client the blocks that wait, by clock, none twice. Whoever owns it says what they wait for.
class Pending {
public:
  struct Waiting {
    Block block;
    std::uint64_t length;
    Clock end() const { return block.clock() + length; }
  };
  using Queue = std::map<Clock, Waiting>;

  // What one waiting block costs besides its content: itself and its place in the queue.
  static constexpr std::size_t bytes_per_block = sizeof(Queue::value_type) + 4 * sizeof(void*);

  // Keeps what of the block is not kept yet. Says whether that was anything. O(log blocks) for each piece.
  [[nodiscard]] bool add(ClientIndex client, Block block, std::uint64_t length);

  // Null when nothing of the client waits.
  Queue* find(ClientIndex client);
  const Queue* find(ClientIndex client) const;

  // Takes the first block of a queue that is not empty.
  Waiting take_first(ClientIndex client);

  bool empty() const { return queues_.empty(); }
  // All that is kept, in bytes of memory.
  std::size_t memory_bytes() const { return memory_bytes_; }

  const std::unordered_map<ClientIndex, Queue>& queues() const { return queues_; }

private:
  std::unordered_map<ClientIndex, Queue> queues_;  // no empty queue
  std::size_t memory_bytes_ = 0;
};

}  // namespace canvas::crdt
