// All items of a document, by client and clock.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <vector>

#include "base/seeded_hash.h"
#include "crdt/doc/item_list.h"
#include "crdt/doc/item_slab.h"

namespace canvas::crdt {

// Owns the items and numbers the clients. Knows nothing of places in lists: DocState does.
// Invariant: a client's items have no gap from clock 0 to end().
class ItemStore {
public:
  struct Client {
    ClientId id;
    ItemList items;
    std::uint64_t changed_in = 0;  // the last transaction that added items, and where they ended before it
    Clock end_before = 0;
    // Where an item that ended there has become one with what was added: the bytes of content before that.
    std::size_t bytes_before = 0;
  };

  Item& operator[](ItemIndex index) { return slab_[index]; }
  const Item& operator[](ItemIndex index) const { return slab_[index]; }

  ClientIndex intern(ClientId client);
  std::optional<ClientIndex> find_client(ClientId client) const;
  Client& client(ClientIndex index) { return clients_[index]; }
  const Client& client(ClientIndex index) const { return clients_[index]; }
  const std::vector<Client>& clients() const { return clients_; }
  Id id_of(Reference reference) const { return {clients_[reference.client].id, reference.clock}; }

  Clock end(ClientIndex client) const { return clients_[client].items.end(); }
  bool has(Reference reference) const { return reference.clock < end(reference.client); }

  // The item that an element, which has() it, is part of. O(log items).
  ItemIndex find(Reference reference) const {
    const ItemList& items = clients_[reference.client].items;
    return items.at(items.find(reference.clock));
  }

  // Adds an item that begins where its client's end.
  ItemIndex append(Item item);
  // Puts the second part of a cut item behind the first, whose length is already what it keeps.
  ItemIndex insert(Item right);
  // Frees an item whose elements are now part of the one before it in `list`; gives where that one is.
  ItemList::Position remove(ClientIndex client, ItemList::Position position);

  // Calls `visit(const Item&, Clock from, std::uint64_t length)` for every item of the client from `clock`
  // on. `from` is the item's clock but for the first, which `clock` may cut.
  template <class Visit>
  void visit_from(ClientIndex client, Clock clock, Visit&& visit) const;

  std::size_t item_count() const { return item_count_; }
  // All of it but the bytes of contents on the heap.
  std::size_t memory_bytes() const;

private:
  ItemSlab slab_;
  std::vector<Client> clients_;
  boost::unordered_flat_map<std::uint64_t, ClientIndex, SeededHash> indexes_;
  std::size_t item_count_ = 0;
  // The client that was looked for last: blocks name the same few again and again.
  mutable ClientIndex found_last_ = 0;
};

template <class Visit>
void ItemStore::visit_from(ClientIndex client, Clock clock, Visit&& visit) const {
  const ItemList& items = clients_[client].items;
  if (clock >= items.end()) return;
  for (ItemList::Position position = items.find(clock); !items.is_end(position);
       position = items.next(position)) {
    const Item& item = slab_[items.at(position)];
    const Clock from = item.clock() > clock ? item.clock() : clock;
    visit(item, from, item.end() - from);
  }
}

}  // namespace canvas::crdt
