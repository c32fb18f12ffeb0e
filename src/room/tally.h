// What the rooms of a shard have done so far.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "room/member.h"

namespace canvas::room {

// Why an update was not taken.
enum class UpdateRefusal : std::size_t {
  reader,      // its author may only read
  limit,       // the document would be too large
  damaged,     // the document is read-only for what is wrong with it
  overloaded,  // the database does not keep up
};
inline constexpr std::array<std::string_view, 4> update_refusal_names{"reader", "limit", "damaged",
                                                                      "overloaded"};

// Plain numbers, counted where it happens. On the shard's thread.
struct Tally {
  std::uint64_t updates_taken = 0;     // that brought something new
  std::uint64_t updates_sent = 0;      // one for each member that an update went to
  std::uint64_t awareness_sent = 0;    // the same for presence
  std::uint64_t acknowledgments = 0;   // sent
  std::uint64_t differences_sent = 0;  // to members that had lagged, instead of what they had missed
  std::uint64_t members_given_up = 0;  // that lagged for too long
  std::uint64_t rooms_unloaded = 0;
  std::array<std::uint64_t, update_refusal_names.size()> updates_refused{};  // by UpdateRefusal

  // When the oldest message came of those that were broadcast, or acknowledged after their commit, since the
  // last take_oldest().
  struct Oldest {
    std::optional<Time> broadcast;
    std::optional<Time> acknowledged;
  };
  Oldest oldest{};

  void refused(UpdateRefusal why) { ++updates_refused[static_cast<std::size_t>(why)]; }
  void broadcast(std::size_t members, std::optional<Time> received) {
    updates_sent += members;
    if (members > 0) note(oldest.broadcast, received);
  }
  void acknowledged(std::size_t count, std::optional<Time> received) {
    acknowledgments += count;
    note(oldest.acknowledged, received);
  }

private:
  static void note(std::optional<Time>& oldest, std::optional<Time> received) {
    if (received) oldest = std::min(oldest.value_or(*received), *received);
  }
};

}  // namespace canvas::room
