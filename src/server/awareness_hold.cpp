#include "server/awareness_hold.h"

#include <utility>
#include <vector>

namespace canvas::server {
namespace {

// About what an entry costs beside its state.
constexpr std::size_t entry_bytes = 96;

}  // namespace

Result<void> AwarenessHold::add(BytesView update) {
  const auto entries = protocol::read_awareness(update);
  if (!entries) return entries.error();
  for (const protocol::AwarenessEntry& entry : *entries) {
    const auto [at, is_new] = held_.try_emplace(entry.client);
    Held& held = at->second;
    // At the same clock only leaving is news.
    if (!is_new && (entry.clock < held.clock || (entry.clock == held.clock && !entry.is_gone()))) continue;
    bytes_ -= is_new ? 0 : held.state.size();
    bytes_ += entry.state.size() + (is_new ? entry_bytes : 0);
    held = {entry.clock, std::string(entry.state)};
  }
  return {};
}

Bytes AwarenessHold::take() {
  const std::map<std::uint64_t, Held> held = std::exchange(held_, {});
  bytes_ = 0;
  std::vector<protocol::AwarenessEntry> entries;
  entries.reserve(held.size());
  for (const auto& [client, presence] : held) entries.push_back({client, presence.clock, presence.state});
  return protocol::write_awareness(entries);
}

}  // namespace canvas::server
