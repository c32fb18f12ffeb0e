// What a client was refused, and how it comes again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace canvas::room {

// A client keeps an update that was refused to itself, and never sends it again of its own accord. So when
// its room can be written again it is asked (a Step1 of the server's): the Step2 that answers holds all that
// is missing. That one is to be acknowledged once for each update that was refused, because this is how often
// the client's counter of unsynced changes waits to be brought down, and the Step2 itself it has not counted
// (docs/protocols.md#unsynced-changes).
//
// A client answers every Step1 with one Step2, in order: by that the answer is told from that of a handshake.
class Refusals {
public:
  // A message that the client counts was refused: an update, or the Step2 of a handshake.
  void add() { ++count_; }
  // Something was refused that is to be asked for when it can be taken.
  void want_again() { wanted_ = true; }

  // The client begins a handshake, with its counter at 1: the Step2 to come holds all that was refused.
  void start_over() {
    count_ = 0;
    wanted_ = false;
  }

  // A Step1 is sent for a handshake.
  void greet() { ++asked_; }
  // The room can be written: says whether a Step1 is to be sent now. An answer that is on its way will do.
  [[nodiscard]] bool ask_again() {
    if (!std::exchange(wanted_, false) || question_) return false;
    question_ = ++asked_;
    return true;
  }

  // A Step2 has come: says whether it is the answer to ask_again().
  [[nodiscard]] bool take_answer() {
    if (answered_ == asked_) return false;  // nobody has asked for it
    if (++answered_ != question_) return false;
    question_.reset();
    return true;
  }

  // That answer was taken: how many acknowledgments it is worth.
  [[nodiscard]] std::size_t settle() {
    wanted_ = false;
    return std::exchange(count_, 0);
  }

private:
  std::size_t count_ = 0;
  bool wanted_ = false;
  std::uint64_t asked_ = 0;  // the server's Step1s so far
  std::uint64_t answered_ = 0;
  std::optional<std::uint64_t> question_;  // which of them asks again, while it has no answer
};

}  // namespace canvas::room
