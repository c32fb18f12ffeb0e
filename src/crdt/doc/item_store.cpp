#include "crdt/doc/item_store.h"

namespace canvas::crdt {

ClientIndex ItemStore::intern(ClientId client) {
  if (const std::optional<ClientIndex> known = find_client(client)) return *known;
  indexes_.emplace(value_of(client), static_cast<ClientIndex>(clients_.size()));
  clients_.push_back({client, {}});
  return static_cast<ClientIndex>(clients_.size() - 1);
}

std::optional<ClientIndex> ItemStore::find_client(ClientId client) const {
  if (found_last_ < clients_.size() && clients_[found_last_].id == client) return found_last_;
  const auto found = indexes_.find(value_of(client));
  if (found == indexes_.end()) return std::nullopt;
  return found_last_ = found->second;
}

ItemIndex ItemStore::append(Item item) {
  ItemList& items = clients_[item.client()].items;
  assert(item.clock() == items.end());
  const std::uint64_t length = item.length();
  const ItemIndex index = slab_.add(std::move(item));
  items.append(index, length);
  ++item_count_;
  return index;
}

ItemIndex ItemStore::insert(Item right) {
  const Reference id = right.id();
  const ItemIndex index = slab_.add(std::move(right));
  ItemList& items = clients_[id.client].items;
  items.insert_after(items.find(id.clock), index, id.clock);
  ++item_count_;
  return index;
}

ItemList::Position ItemStore::remove(ClientIndex client, ItemList::Position position) {
  ItemList& items = clients_[client].items;
  slab_.remove(items.at(position));
  --item_count_;
  return items.remove(position);
}

std::size_t ItemStore::memory_bytes() const {
  std::size_t bytes = slab_.memory_bytes() + clients_.capacity() * sizeof(Client) +
                      indexes_.bucket_count() * (sizeof(std::uint64_t) + sizeof(std::uint64_t) + 1);
  for (const Client& client : clients_) bytes += client.items.memory_bytes();
  return bytes;
}

}  // namespace canvas::crdt
