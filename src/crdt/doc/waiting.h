// What of updates came before what it builds on.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "crdt/delete_set.h"
#include "crdt/wire_block.h"

namespace canvas::crdt {

// For each client the blocks that wait, as bytes, by clock and without overlap, and until when the first of
// them waits; and the deletions of what is not there. A value.
class Waiting {
public:
  struct Block {
    Bytes bytes;  // as in an update
    std::uint64_t length;
  };
  struct Queue {
    std::map<Clock, Block> blocks;
    std::map<Clock, Clock> runs;  // begin and end of what has no gap
  };
  // Clients descending, as in updates.
  using Queues = std::map<ClientId, Queue, std::greater<>>;

  // What one waiting block costs besides its bytes: its place in the queue.
  static constexpr std::size_t bytes_per_block =
      sizeof(std::pair<const Clock, Block>) + sizeof(std::pair<const Clock, Clock>) + 8 * sizeof(void*);

  // Blocks of one section that follow each other, as far as they were given to add().
  struct Section {
    Clock end = 0;
    Clock counts_from = 0;
    bool begun = false;
  };
  // Keeps what of the block, which has a length, is not kept yet. Of what is there twice the bytes stay that
  // stay when Yjs merges updates: those of the run without a gap that begins first, up to its end. O(log
  // blocks), and the blocks that it makes superfluous.
  void add(const WireBlock& block, Section& section);

  // Null when nothing of the client waits.
  const Queue* find(ClientId client) const;
  // Reads the first block of a queue. Its views are valid until the block is dropped.
  static WireBlock first(ClientId client, const Queue& queue);
  void drop_first(ClientId client);

  // The first block of `client` waits until `needed` has reached the clock. Replaces what was said before.
  struct Need {
    ClientId client;
    Clock clock;
    friend auto operator<=>(const Need&, const Need&) = default;
  };
  void set_need(ClientId client, Need need);
  void forget_need(ClientId client);
  // Takes, and no longer knows the needs of, the clients that waited for what `client` has when it ends at
  // `end`. Descending.
  std::vector<ClientId> take_met(ClientId client, Clock end);

  const Queues& queues() const { return queues_; }
  DeleteSet& deletes() { return deletes_; }
  const DeleteSet& deletes() const { return deletes_; }

  bool empty() const { return queues_.empty() && deletes_.empty(); }
  // All that is kept, in bytes of memory.
  std::size_t memory_bytes() const { return block_bytes_ + deletes_.range_count() * sizeof(ClockRange); }

private:
  struct Sleeper {
    Need need;
    ClientId client;
    friend auto operator<=>(const Sleeper&, const Sleeper&) = default;
  };

  void insert(Queue& queue, const WireBlock& block, std::uint64_t offset);
  void remove_within(Queue& queue, ClientId client, Clock begin, Clock end);

  Queues queues_;  // no empty queue
  std::set<Sleeper> sleepers_;
  std::map<ClientId, Need> needs_;
  DeleteSet deletes_;
  std::size_t block_bytes_ = 0;
};

// Writes the block from `offset` of its elements on, which is less than its length. Whether it is in a map is
// said only where the key is known, as Yjs does.
void write_block_from(lib0::Writer& out, const WireBlock& block, std::uint64_t offset);

}  // namespace canvas::crdt
