// Blocks that came before what they build on.
#pragma once

#include <map>
#include <unordered_map>

#include "base/seeded_hash.h"
#include "crdt/scanned_block.h"

namespace canvas::crdt {

// For each client the blocks that wait, by clock, none twice. Whoever owns it says what they wait for.
class Pending {
public:
  struct Waiting {
    StoredBytes bytes;  // one stored block
    std::uint64_t length;
  };
  using Queue = std::map<Clock, Waiting>;
  using Queues = std::unordered_map<std::uint64_t, Queue, SeededHash>;  // by the client's number

  // What one waiting block costs besides its bytes: itself and its place in the queue.
  static constexpr std::size_t bytes_per_block = sizeof(Queue::value_type) + 4 * sizeof(void*);

  // Keeps what of the block, which is in its shortest form, is not kept yet. Says whether that was anything.
  // O(log blocks) for each piece.
  [[nodiscard]] bool add(const PlacedBlock& block);

  // Null when nothing of the client waits.
  const Queue* find(ClientId client) const;

  // Takes the first block of a queue that is not empty.
  Waiting take_first(ClientId client);

  bool empty() const { return queues_.empty(); }
  // All that is kept, in bytes of memory.
  std::size_t memory_bytes() const { return memory_bytes_; }

  const Queues& queues() const { return queues_; }

private:
  Queues queues_;  // no empty queue
  std::size_t memory_bytes_ = 0;
};

}  // namespace canvas::crdt
