// A document as a server keeps it: every block, in the order of clocks and not in that of the content.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/seeded_hash.h"
#include "crdt/block_list.h"
#include "crdt/delete_set.h"
#include "crdt/pending.h"
#include "crdt/recent_clients.h"
#include "crdt/state_vector.h"

namespace canvas::crdt {

// Takes updates in any order, any number of times, and can tell any replica what it lacks. It does not put
// items into their places (docs/crdt-internals.md says why it need not), so its work for an update grows with
// the update alone, not with the document or its number of clients.
//
// It compacts as it goes: what is deleted gives up its content, and blocks that came out of one are made one
// again. What a Yjs document would hold back, because something before it is missing, this holds back too:
// state vectors are the same.
//
// Owned by one thread. Not copied.
class BlockStore {
public:
  struct Limits {
    // Memory for blocks and deletions that wait for what they build on. An update that would take more is
    // refused.
    std::size_t max_pending_bytes = 16u << 20;
  };

  // What an update did.
  struct Applied {
    enum class Effect {
      nothing,  // all of it was known
      whole,    // all of it was new, or has to wait
      part,     // some was known: `news` is an update that holds just what was not
    };
    Effect effect = Effect::nothing;
    Bytes news{};
    std::size_t deleted_ranges = 0;  // in the update, known or not
  };

  BlockStore() = default;
  explicit BlockStore(Limits limits) : limits_(limits) {}
  BlockStore(const BlockStore&) = delete;
  BlockStore& operator=(const BlockStore&) = delete;

  // For a load: what was taken once is not refused when it comes back.
  void set_max_pending_bytes(std::size_t bytes) { limits_.max_pending_bytes = bytes; }

  // Takes an update in format v1. Fails with Errc::malformed, or Errc::too_large at the limit on what waits;
  // then nothing has changed.
  Result<Applied> apply(BytesView update);

  StateVector state_vector() const;
  // The same as bytes, made once for each state.
  SharedBytes encoded_state_vector() const;

  // What a replica with `known` lacks, as an update in format v1: the blocks past it, all deletions, all that
  // waits.
  Bytes encode_difference(const StateVector& known) const;
  // Everything, as an update; made once for each state.
  SharedBytes encode_state() const;

  bool has_pending() const { return !pending_.empty() || !pending_deletes_.empty(); }
  std::size_t pending_bytes() const;

  // Whether the update would change nothing. Fails with Errc::malformed.
  Result<bool> knows(BytesView update) const;
  // What live_bytes() would be after the update, or a little more. Fails with Errc::malformed.
  Result<std::size_t> live_bytes_after(BytesView update) const;

  // Bytes of content that is not deleted.
  std::size_t live_bytes() const { return live_bytes_; }
  // All of it in memory; O(clients).
  std::size_t memory_bytes() const;
  std::size_t block_count() const;

private:
  friend class Application;

  // Clients as numbers of this store, given out in the order in which their first blocks came.
  using ClientIndex = std::uint32_t;

  struct Client {
    ClientId id;
    BlockList blocks;
    std::uint64_t changed_in = 0;  // the last application that added blocks, and where they ended before it
    Clock end_before = 0;
  };

  // Until `client` has reached `clock`.
  struct Wait {
    ClientId client;
    Clock clock;
    friend auto operator<=>(const Wait&, const Wait&) = default;
  };
  struct Waiter {
    Wait wait;
    std::uint64_t who;
    friend auto operator<=>(const Waiter&, const Waiter&) = default;
  };

  ClientIndex intern(ClientId client);
  // Null for a client that has no blocks here. Valid until a client is added.
  const Client* find(ClientId client) const {
    if (const ClientIndex* recent = recent_.find(client)) return &clients_[*recent];
    return look_up(client);
  }
  const Client* look_up(ClientId client) const;
  ClientIndex index_of(const Client& client) const {
    return static_cast<ClientIndex>(&client - clients_.data());
  }
  Clock state_of(ClientId client) const {
    const Client* known = find(client);
    return known == nullptr ? 0 : known->blocks.end();
  }

  // One client's part of an update: its blocks from a clock on, then what waits. Either may be missing.
  struct Section {
    ClientId client;
    const BlockList* blocks;
    Clock from;
    const Pending::Queue* waiting;
  };
  static void write_sections(lib0::Writer& out, std::vector<Section> sections);
  static void write_section(lib0::Writer& out, const Section& section);
  const Bytes& encoded_delete_set() const;
  void forget_encodings();

  Limits limits_;
  std::vector<Client> clients_;
  boost::unordered_flat_map<std::uint64_t, ClientIndex, SeededHash> client_indexes_;
  mutable RecentClients<ClientIndex> recent_;
  std::size_t live_bytes_ = 0;
  std::uint64_t applications_ = 0;

  Pending pending_;
  DeleteSet pending_deletes_;
  // For each queue in pending_, whose client is who waits, what its first block waits for; and the same by
  // client.
  std::set<Waiter> waits_;
  std::unordered_map<std::uint64_t, Wait, SeededHash> wait_of_;

  mutable SharedBytes state_vector_bytes_;
  mutable SharedBytes state_bytes_;
  mutable std::optional<Bytes> delete_set_bytes_;
};

}  // namespace canvas::crdt
