// The clients that were looked up last.
#pragma once

#include <array>

#include "crdt/id.h"

namespace canvas::crdt {

// Something small about each of a few clients, by the lowest bits of their ids: those who take turns are
// found without a hash. A value.
template <class T>
class RecentClients {
public:
  // Null for one that is not among them.
  const T* find(ClientId client) const {
    const Entry& entry = entries_[slot_of(client)];
    return entry.client == client ? &entry.value : nullptr;
  }

  void remember(ClientId client, T value) { entries_[slot_of(client)] = {client, value}; }

private:
  // No client has an id of more than 53 bits.
  static constexpr ClientId nobody{~std::uint64_t{0}};
  static constexpr std::size_t count = 8;

  struct Entry {
    ClientId client = nobody;
    T value{};
  };

  static std::size_t slot_of(ClientId client) { return value_of(client) % count; }

  std::array<Entry, count> entries_;
};

}  // namespace canvas::crdt
