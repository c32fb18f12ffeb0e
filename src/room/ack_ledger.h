// Who waits for which update to be on disk.
#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <memory>

#include "room/seat.h"

namespace canvas::room {

// Updates of a room are numbered in the order in which they are appended, and committed in that order. An
// acknowledgment is owed for a number: for the update itself, or, where an update brought nothing new, for
// whatever it repeats, which may not be on disk yet either.
class AckLedger {
public:
  // Numbers the next append.
  std::uint64_t append() { return ++appended_; }

  bool all_committed() const { return committed_ == appended_; }

  // Owes `seat` one acknowledgment for all that has been appended so far.
  void owe(std::shared_ptr<Seat> seat) {
    assert(!all_committed());
    owed_.push_back({appended_, std::move(seat)});
  }

  // All up to `sequence` is on disk: calls `acknowledge(Seat&)` for each acknowledgment that is due now, in
  // order.
  template <class Acknowledge>
  void commit(std::uint64_t sequence, Acknowledge&& acknowledge) {
    assert(sequence >= committed_ && sequence <= appended_);
    committed_ = sequence;
    while (!owed_.empty() && owed_.front().sequence <= sequence) {
      acknowledge(*owed_.front().seat);
      owed_.pop_front();
    }
  }

private:
  struct Owed {
    std::uint64_t sequence;
    std::shared_ptr<Seat> seat;
  };

  std::uint64_t appended_ = 0;
  std::uint64_t committed_ = 0;
  std::deque<Owed> owed_;  // sequences ascend
};

}  // namespace canvas::room
