// Who waits for which update to be on disk.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "room/seat.h"

namespace canvas::room {

// Updates of a room are numbered in the order in which they are appended, and committed in that order. An
// acknowledgment is owed for a number: for the update itself, or, where an update brought nothing new, for
// whatever it repeats, which may not be on disk yet either.
class AckLedger {
public:
  // Numbers the next append.
  std::uint64_t append(std::size_t bytes) {
    waiting_.push_back(bytes);
    waiting_bytes_ += bytes;
    return committed_ + waiting_.size();
  }

  bool all_committed() const { return waiting_.empty(); }
  // Of the appends that are not on disk.
  std::size_t waiting_bytes() const { return waiting_bytes_; }

  // Owes `seat` so many acknowledgments, for a message that came then, for all that has been appended so far.
  void owe(std::shared_ptr<Seat> seat, std::size_t count, std::optional<Time> received) {
    assert(!all_committed());
    owed_.push_back({committed_ + waiting_.size(), count, received, std::move(seat)});
  }

  // All up to `sequence` is on disk: calls `acknowledge(Seat&, count, received)` for those that are due now,
  // in order.
  template <class Acknowledge>
  void commit(std::uint64_t sequence, Acknowledge&& acknowledge) {
    assert(sequence >= committed_ && sequence - committed_ <= waiting_.size());
    for (; committed_ < sequence; ++committed_) {
      waiting_bytes_ -= waiting_.front();
      waiting_.pop_front();
    }
    while (!owed_.empty() && owed_.front().sequence <= sequence) {
      acknowledge(*owed_.front().seat, owed_.front().count, owed_.front().received);
      owed_.pop_front();
    }
  }

private:
  struct Owed {
    std::uint64_t sequence;
    std::size_t count;
    std::optional<Time> received;
    std::shared_ptr<Seat> seat;
  };

  std::uint64_t committed_ = 0;
  std::deque<std::size_t> waiting_;  // the sizes of the appends behind it
  std::size_t waiting_bytes_ = 0;
  std::deque<Owed> owed_;  // sequences ascend
};

}  // namespace canvas::room
