// A live document and who is in it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/block_store.h"
#include "protocol/frame.h"
#include "room/ack_ledger.h"
#include "room/awareness_set.h"
#include "room/encoded_size.h"
#include "room/limits.h"
#include "room/member.h"
#include "room/seat.h"
#include "room/tally.h"
#include "store/store.h"

namespace canvas::room {

// Rooms that nobody may write to, by reason. Each room keeps its own part of it.
struct ReadOnlyRooms {
  std::size_t damaged = 0;
  std::size_t overloaded = 0;

  std::size_t all() const { return damaged + overloaded; }
};

// What the rooms of a shard share.
struct Surroundings {
  const Limits& limits;
  store::Store& store;
  store::CommitSink& sink;
  Time now{};                      // as of the last tick
  std::optional<Time> received{};  // when the message came that is being handled, if it has only just come
  Tally tally{};
  ReadOnlyRooms read_only_rooms{};
};

// A document as it was loaded.
struct LoadedDocument {
  std::unique_ptr<crdt::BlockStore> blocks;
  std::size_t log_rows;
  std::size_t log_bytes;
  std::size_t state_bytes;
  std::vector<store::Damage> damages;  // what is not in `blocks`
};

// Why nobody may write to a room.
enum class ReadOnlyReason {
  damaged,  // parts of the document cannot be read: nothing is written until somebody has decided about them
  overloaded,  // more waits for the disk than the limits allow
};

// "damaged", "overloaded".
std::string_view name_of(ReadOnlyReason reason);

// Every update is checked, sent to the others at once, and appended to the log; its author hears that it is
// saved when it is on disk, not before. Sans-I/O, owned by the registry, on one thread.
//
// While a room is read-only everybody may see what there is and who is there; updates are answered with a
// refusal. When it can be written again it asks for what it has refused.
//
// Invariant: what the log and the blocks hold is the same, but for appends that are on their way and what is
// damaged.
class Room {
public:
  Room(std::uint64_t id, std::string name, LoadedDocument document, Surroundings& surroundings);
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  const std::string& name() const { return *name_; }
  std::size_t member_count() const { return seats_.size(); }
  std::optional<ReadOnlyReason> read_only() const;
  // About how large it is encoded. O(1).
  std::size_t encoded_bytes() const { return state_bytes_ + log_bytes_; }
  // O(authors of the document).
  std::size_t memory_bytes() const { return blocks_->memory_bytes(); }

  // Lets a member in, and tells it who is there.
  std::shared_ptr<Seat> add(Member& member);

  // All appends up to `sequence` are on disk.
  void committed(std::uint64_t sequence);

  // To be called about once a second: presence times out, members that lag too long are given up, and the
  // backlog of all rooms is looked at.
  void tick();

  // The log should be folded now: it has grown, or the room is about to go.
  bool wants_compaction() const;
  // A compaction begins, and what became of it.
  void compaction_started();
  void compaction_ended(const Result<store::Compacted>& compacted);

  // Nobody is here, nobody was for the unload delay, all is on disk, and nothing is left to be done.
  bool may_unload() const;

private:
  friend class Seat;

  // How a message stands to the client's counter of unsynced changes.
  enum class Worth {
    one,           // an update, or the Step2 of a handshake
    all_refusals,  // the Step2 that brings what was refused
  };

  Result<void> receive_step1(Seat& seat, BytesView state_vector);
  Result<void> receive_step2(Seat& seat, BytesView update);
  Result<void> receive_update(Seat& seat, BytesView update);
  Result<void> receive_awareness(Seat& seat, BytesView update);
  void send_awareness(Seat& seat);
  void catch_up(Seat& seat);
  void remove(Seat& seat);
  protocol::Scope scope_of(const Seat& seat) const;

  Result<void> take_update(Seat& seat, BytesView update, Worth worth);
  Result<void> refuse_update(Seat& seat, Worth worth, std::string_view limit, const Error& why);
  void refuse_reader(Seat& seat, Worth worth);
  void refuse(Seat& seat, Worth worth, std::string_view why);
  Result<void> check_encoded_size_after(BytesView update);
  Result<void> check_live_size_after(BytesView update) const;
  bool would_be_too_long_encoded(BytesView update);
  void publish(Seat& author, BytesView update, std::size_t deleted_ranges);
  void acknowledge_when_saved(Seat& seat, Worth worth);
  void acknowledge(Seat& seat, std::size_t count, std::optional<Time> received);
  void weigh_backlog();
  void log_read_only() const;
  void scope_changed(Seat& seat);
  void announce_scope(Seat& seat);
  void ask_for_refused(Seat& seat);
  void broadcast_awareness(BytesView update);
  void start_lag_if_slow(Seat& seat);
  bool is_idle() const;

  const std::uint64_t id_;
  const std::shared_ptr<const std::string> name_;
  Surroundings& surroundings_;
  std::unique_ptr<crdt::BlockStore> blocks_;
  std::vector<std::shared_ptr<Seat>> seats_;
  AwarenessSet awareness_;
  AckLedger acks_;
  Time empty_since_;
  EncodedSize encoded_size_;
  const bool is_damaged_;
  bool is_overloaded_ = false;

  // Of the log since the last compaction, with what is on its way.
  std::size_t log_rows_;
  std::size_t log_bytes_;
  std::size_t state_bytes_;
  bool is_compacting_ = false;
  // Of them, what was on disk when the compaction began: once it has succeeded they are folded, by it or by
  // another process.
  std::size_t rows_to_fold_ = 0;
  std::size_t bytes_to_fold_ = 0;
  std::optional<Time> compaction_failed_;  // lately: it is not tried again for a while
};

}  // namespace canvas::room
