// One call of BlockStore::apply while it runs.
#pragma once

#include <functional>
#include <set>
#include <vector>

#include "crdt/block_store.h"
#include "crdt/update_reader.h"

namespace canvas::crdt {

// Takes every block whose predecessors are there, in whatever order the update has them, then those that
// waited for these, until none is left that could be taken. What remains waits in the store. The order of
// work is that of the dependencies, not of the wire: a part of the update that cannot go on is put aside and
// woken by the client that it waits for, so each block is looked at a constant number of times.
class Application {
public:
  // `update` has passed check_update and outlives this.
  Application(BlockStore& store, BytesView update);

  BlockStore::Applied run();

private:
  // Who is woken: a section of this update, or the blocks of a client that wait in the store.
  struct Sleeper {
    enum class Kind { section, pending } kind;
    std::uint64_t who;
  };

  using ClientIndex = BlockStore::ClientIndex;

  // A block that can be taken, or what it waits for.
  using MaybeWait = std::optional<BlockStore::Wait>;

  // Goes on until a block has to wait, or to the end.
  MaybeWait take_section(SectionReader& section);
  // The same of one block, of which something is new; `end` is where its client's blocks end.
  MaybeWait take_block(const ScannedBlock& block, Clock end);
  void run_section(std::uint64_t index);
  void run_pending(ClientId client);
  void wake_ready();
  void wake(ClientId client);
  void keep_rest_of_sections();
  void keep_rest(SectionReader& section);
  void keep(const ScannedBlock& block);
  void stop_waiting(ClientId client);

  // What a block waits for of which all before `from` is there.
  MaybeWait missing_for(const ScannedBlock& block, Clock from) const;
  void append(const ScannedBlock& block);

  void apply_deletes();
  void apply_delete(ClientId client, ClockRange range);
  void apply_waiting_deletes();
  // Gives how many elements it deleted.
  std::uint64_t erase(ClientIndex client, ClockRange range);

  Bytes encode_news() const;
  // Where the client's blocks ended before this update.
  Clock end_before(ClientIndex client) const;

  // Nearly every update is of one client and deletes one range.
  template <class T>
  using Few = boost::container::small_vector<T, 4>;

  BlockStore& store_;
  UpdateReader reader_;
  std::vector<SectionReader> sections_;         // that were put aside
  std::set<BlockStore::Waiter> section_waits_;  // who waits is the index of a section
  std::vector<Sleeper> ready_;

  Few<ClientIndex> changed_;  // clients that got blocks
  Few<std::pair<ClientIndex, ClockRange>> deleted_;
  DeleteSet waiting_deletes_;  // of this update: what they delete has not come
  bool has_news_ = false;
  bool has_known_ = false;
  bool has_waiting_ = false;
};

// How much memory would be waiting after `update`, beyond what waits already. `state_of` is what the store
// has of a client. Counts too much where blocks that wait already would be released, or come a second time.
std::size_t estimate_waiting_bytes(const std::function<Clock(ClientId)>& state_of, BytesView update);

}  // namespace canvas::crdt
