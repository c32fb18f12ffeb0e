// Who is present in a room.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/awareness.h"
#include "room/limits.h"
#include "room/member.h"

namespace canvas::room {

// The presence of every awareness client, by clock. Each belongs to the seat that changed it last, and goes
// with it.
//
// Where this differs from the reference server: a client that has gone is remembered for a while, because
// members of several versions send every change that they receive back, and such an echo must not bring a
// cursor back to life; and a client id is removed with whoever updated it, not only with whoever brought it.
//
// Sans-I/O; one thread.
class AwarenessSet {
public:
  explicit AwarenessSet(const Limits& limits) : limits_(limits) {}

  // How many have gone so far: a seat that joins notes it.
  std::uint64_t departures() const { return departures_; }

  // What a message changed: the entries that others have to hear of, views into the message.
  struct Change {
    std::vector<protocol::AwarenessEntry> entries;
    bool whole;  // all entries of the message: it can be passed on as it is
  };

  // Takes a message of `seat`. Fails with Errc::malformed, or Errc::too_large at a limit.
  Result<Change> apply(Seat& seat, BytesView update, Time now);

  // Takes out everyone who belongs to `seat`, or was last heard of before the time-out. Gives the message
  // that says so, none when nobody went.
  std::optional<Bytes> remove_seat(const Seat& seat, Time now);
  std::optional<Bytes> remove_silent(Time now);

  // The message that tells a newcomer who is there; none when nobody is.
  std::optional<Bytes> present() const;
  // The same, and who has gone lately: for a member that was not told all that happened.
  std::optional<Bytes> present_and_gone() const;

private:
  struct Presence {
    std::uint64_t clock;
    std::string state;
    Seat* owner;
    Time heard;
  };
  struct Gone {
    std::uint64_t clock;
    Time when;
    std::uint64_t departure;  // its number
  };

  bool take(Seat& seat, const protocol::AwarenessEntry& entry, bool is_first_message, Time now);
  static void own(Presence& presence, Seat& seat);
  template <class Which>
  std::optional<Bytes> remove_where(Time now, Which&& which);
  void forget_long_gone(Time now);
  std::vector<protocol::AwarenessEntry> entries_present() const;

  const Limits& limits_;
  std::map<std::uint64_t, Presence> present_;
  std::map<std::uint64_t, Gone> gone_;
  std::uint64_t departures_ = 0;
};

}  // namespace canvas::room
