// How large a document is when it is encoded whole, known well enough to hold a limit.
#pragma once

#include <cstddef>
#include <optional>

#include "room/member.h"

namespace canvas::room {

// Encoding a document to measure it costs as much as the document is large, so it is done only when what was
// measured last and what came since are together past the limit. What is refused leaves room below the limit,
// so that many bytes are taken between two measurements; and who is refused causes one a tick at most.
class EncodedSize {
public:
  // The document is no larger than `at_most`.
  explicit EncodedSize(std::size_t at_most) : at_most_(at_most) {}

  void took(std::size_t bytes) {
    at_most_ += bytes;
    has_changed_ = true;
  }

  // Whether it may grow so much, as far as that is known without a measurement.
  bool surely_has_room(std::size_t bytes, std::size_t limit) const {
    return limit == 0 || (!is_full_ && at_most_ + bytes <= limit);
  }

  // Whether an update by which it grows so much may be added. `limit` 0 means none; `measure` gives the true
  // size.
  template <class Measure>
  [[nodiscard]] bool has_room(std::size_t bytes, std::size_t limit, Time now, Measure&& measure) {
    if (surely_has_room(bytes, limit)) return true;
    measure_if_worth(limit, now, measure);
    if (!is_full_ && at_most_ + bytes <= limit) return true;
    refused_at_ = now;
    return false;
  }

  // The same for an update that only deletes. That must be possible at the limit too, so it may go past it,
  // up to twice as far.
  template <class Measure>
  [[nodiscard]] bool has_room_to_delete(std::size_t bytes, std::size_t limit, Time now, Measure&& measure) {
    if (limit == 0 || at_most_ + bytes <= 2 * limit) return true;
    measure_if_worth(limit, now, measure);
    if (at_most_ + bytes <= 2 * limit) return true;
    refused_at_ = now;
    return false;
  }

private:
  template <class Measure>
  void measure_if_worth(std::size_t limit, Time now, Measure&& measure) {
    if (!has_changed_ || refused_at_ == now) return;
    at_most_ = measure();
    has_changed_ = false;
    is_full_ = at_most_ > limit - limit / 64;
  }

  std::size_t at_most_;
  bool has_changed_ = true;  // since it was measured
  bool is_full_ = false;     // when it was
  std::optional<Time> refused_at_;
};

}  // namespace canvas::room
