#include "room/awareness_set.h"

#include <algorithm>

#include "room/seat.h"

namespace canvas::room {
namespace {

constexpr std::string_view gone_state = "null";

}  // namespace

Result<AwarenessSet::Change> AwarenessSet::apply(Seat& seat, BytesView update, Time now) {
  const auto entries = protocol::read_awareness(update);
  if (!entries) return entries.error();
  for (const protocol::AwarenessEntry& entry : *entries) {
    if (entry.state.size() > limits_.max_awareness_state_bytes) {
      return Error{Errc::too_large, "an awareness state is larger than " +
                                        std::to_string(limits_.max_awareness_state_bytes) + " bytes"};
    }
  }
  const bool is_first_message = !std::exchange(seat.has_shown_awareness, true);
  Change change{{}, false};
  for (const protocol::AwarenessEntry& entry : *entries) {
    if (take(seat, entry, is_first_message, now)) change.entries.push_back(entry);
  }
  if (seat.awareness_clients > limits_.max_awareness_clients_per_member) {
    return Error{Errc::too_large, "a connection has more than " +
                                      std::to_string(limits_.max_awareness_clients_per_member) +
                                      " awareness clients"};
  }
  change.whole = change.entries.size() == entries->size();
  return change;
}

// Says whether others have to hear of it.
bool AwarenessSet::take(Seat& seat, const protocol::AwarenessEntry& entry, bool is_first_message, Time now) {
  const auto known = present_.find(entry.client);
  if (known == present_.end()) {
    if (entry.is_gone() || entry.clock == 0) return false;
    const auto gone = gone_.find(entry.client);
    // Only who joined after it had gone can be the client itself, back with an old clock.
    if (gone != gone_.end() && entry.clock <= gone->second.clock &&
        seat.departures_before < gone->second.departure) {
      return false;
    }
    if (gone != gone_.end()) gone_.erase(gone);
    present_.emplace(entry.client, Presence{entry.clock, std::string(entry.state), &seat, now});
    ++seat.awareness_clients;
    return true;
  }
  Presence& presence = known->second;
  if (entry.clock < presence.clock || (entry.clock == presence.clock && !entry.is_gone())) {
    // What a member says first is its own: it is back before its old connection was found dead.
    if (is_first_message && entry.clock == presence.clock) own(presence, seat);
    return false;
  }
  own(presence, seat);
  if (entry.is_gone()) {
    --seat.awareness_clients;
    gone_.insert_or_assign(entry.client, Gone{entry.clock, now, ++departures_});
    present_.erase(known);
    return true;
  }
  presence.clock = entry.clock;
  presence.state = entry.state;
  presence.heard = now;
  return true;
}

void AwarenessSet::own(Presence& presence, Seat& seat) {
  --presence.owner->awareness_clients;
  presence.owner = &seat;
  ++seat.awareness_clients;
}

std::optional<Bytes> AwarenessSet::remove_seat(const Seat& seat, Time now) {
  if (seat.awareness_clients == 0) return std::nullopt;
  return remove_where(now, [&](const Presence& presence) { return presence.owner == &seat; });
}

std::optional<Bytes> AwarenessSet::remove_silent(Time now) {
  forget_long_gone(now);
  return remove_where(
      now, [&](const Presence& presence) { return now - presence.heard > limits_.awareness_timeout; });
}

template <class Which>
std::optional<Bytes> AwarenessSet::remove_where(Time now, Which&& which) {
  std::vector<protocol::AwarenessEntry> removed;
  for (auto at = present_.begin(); at != present_.end();) {
    if (!which(at->second)) {
      ++at;
      continue;
    }
    // The clock stays as it is: that is what makes everyone take it, and the client's own next change still
    // counts.
    removed.push_back({at->first, at->second.clock, gone_state});
    gone_.insert_or_assign(at->first, Gone{at->second.clock, now, ++departures_});
    --at->second.owner->awareness_clients;
    at = present_.erase(at);
  }
  if (removed.empty()) return std::nullopt;
  return protocol::write_awareness(removed);
}

void AwarenessSet::forget_long_gone(Time now) {
  std::erase_if(gone_,
                [&](const auto& gone) { return now - gone.second.when > 2 * limits_.awareness_timeout; });
}

std::optional<Bytes> AwarenessSet::present() const {
  if (present_.empty()) return std::nullopt;
  return protocol::write_awareness(entries_present());
}

std::optional<Bytes> AwarenessSet::present_and_gone() const {
  std::vector<protocol::AwarenessEntry> entries = entries_present();
  for (const auto& [client, gone] : gone_) entries.push_back({client, gone.clock, gone_state});
  if (entries.empty()) return std::nullopt;
  return protocol::write_awareness(entries);
}

std::vector<protocol::AwarenessEntry> AwarenessSet::entries_present() const {
  std::vector<protocol::AwarenessEntry> entries;
  entries.reserve(present_.size());
  for (const auto& [client, presence] : present_) entries.push_back({client, presence.clock, presence.state});
  return entries;
}

}  // namespace canvas::room
