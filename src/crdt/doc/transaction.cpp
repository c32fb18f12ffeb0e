#include "crdt/doc/transaction_internal.h"

#include "crdt/doc/item_content_internal.h"

namespace canvas::crdt {

Transaction::Transaction(DocState& doc) : doc_(doc) {
  doc_.log.clear();
  ++doc_.transactions;
}

Transaction::~Transaction() {
  assert(finished_);
}

ItemIndex Transaction::insert(const NewItem& made) {
  const ClientIndex client = doc_.items.intern(doc_.own_client);
  Item item({client, doc_.items.end(client)}, made.kind, made.content.length);
  if (made.left != no_item) item.set_origin(doc_.items[made.left].last_id());
  if (made.right != no_item) item.set_right_origin(doc_.items[made.right].id());
  item.set_parent(made.parent, made.parent_sub);
  if (made.kind != ContentKind::deleted) item.set_content(made.content.bytes);
  return integrate(std::move(item), made.left, made.right);
}

void Transaction::erase(ItemIndex index) {
  if (doc_.items[index].is_deleted()) return;
  erase_one(index);
  if (doc_.items[index].kind() == ContentKind::type) erase_contents(doc_.items[index].type());
}

void Transaction::erase(ClientIndex client, ClockRange range) {
  if (range.length == 0) return;
  assert(range.end() <= doc_.items.end(client));
  for (Clock clock = range.clock; clock < range.end();) {
    ItemIndex index = doc_.items.find({client, clock});
    const Clock end = doc_.items[index].end();
    if (!doc_.items[index].is_deleted()) {
      const Clock begin = doc_.items[index].clock();
      if (begin < clock) index = split(index, clock - begin);
      if (range.end() < end) split(index, range.end() - clock);
      erase(index);
    }
    clock = end;
  }
}

ItemIndex Transaction::split(ItemIndex index, std::uint64_t offset) {
  Item& left = doc_.items[index];
  assert(offset > 0 && offset < left.length() && !left.is_gc());
  doc_.content_heap_bytes -= left.heap_bytes();
  Item right({left.client(), left.clock() + offset}, left.kind(), left.length() - offset);
  right.set_origin({left.client(), left.clock() + offset - 1});
  if (left.has_right_origin()) right.set_right_origin(left.right_origin());
  right.set_parent(left.parent(), left.parent_sub());
  if (left.is_deleted()) right.mark_deleted();
  split_content(left, right, offset);
  doc_.content_heap_bytes += left.heap_bytes() + right.heap_bytes();

  const ItemIndex right_index = doc_.items.insert(std::move(right));
  link(right_index, index);
  Item& placed = doc_.items[right_index];
  doc_.log.cut.push_back(placed.id());
  doc_.siblings.add(doc_.items, right_index);
  return right_index;
}

ItemIndex Transaction::starting_at(Reference element) {
  const ItemIndex index = doc_.items.find(element);
  const Item& item = doc_.items[index];
  if (item.is_gc() || item.clock() == element.clock) return index;
  return split(index, element.clock - item.clock());
}

ItemIndex Transaction::ending_at(Reference element) {
  const ItemIndex index = doc_.items.find(element);
  const Item& item = doc_.items[index];
  if (!item.is_gc() && item.end() != element.clock + 1) split(index, element.clock + 1 - item.clock());
  return index;
}

ItemIndex Transaction::integrate(Item made, ItemIndex left, ItemIndex right) {
  note_growth(made.client());
  left = find_left(made, left, right);
  doc_.content_heap_bytes += made.heap_bytes();
  const bool arrives_deleted = made.kind() == ContentKind::deleted;
  if (arrives_deleted) made.mark_deleted();
  const ItemIndex index = doc_.items.append(std::move(made));
  link(index, left);
  doc_.siblings.add(doc_.items, index);
  const Item& item = doc_.items[index];
  // The last value of a key is the one that counts: it takes the place of the one before it.
  if (item.in_map() && item.right() == no_item && left != no_item) erase(left);
  TypeState& parent = doc_.types[item.parent()];
  if (!item.in_map() && item.is_countable()) parent.length += item.length();
  if (item.kind() == ContentKind::type) add_type(index);
  if (arrives_deleted) doc_.log.deleted.push_back({item.client(), {item.clock(), item.length()}});
  note_change(item.parent());
  if (doc_.is_deleted(item.parent()) || (item.in_map() && item.right() != no_item)) erase(index);
  return index;
}

void Transaction::integrate_gc(Reference id, std::uint64_t length) {
  note_growth(id.client);
  Item gc(id, ContentKind::gc, length);
  gc.mark_deleted();
  doc_.items.append(std::move(gc));
}

void Transaction::note_growth(ClientIndex index) {
  ItemStore::Client& client = doc_.items.client(index);
  if (client.changed_in == doc_.transactions) return;
  client.changed_in = doc_.transactions;
  client.end_before = client.items.end();
  doc_.log.changed.push_back(index);
}

void Transaction::note_change(TypeIndex type) {
  if (doc_.is_deleted(type)) return;
  const TypeIndex root = doc_.types[type].root;
  TypeState& state = doc_.types[root];
  if (state.changed_in == doc_.transactions) return;
  state.changed_in = doc_.transactions;
  doc_.log.roots.push_back(root);
}

bool Transaction::was_there(const Item& item) const {
  const ItemStore::Client& client = doc_.items.client(item.client());
  return client.changed_in != doc_.transactions || item.clock() < client.end_before;
}

// Hangs the item in behind `left`, or in front of all.
void Transaction::link(ItemIndex index, ItemIndex left) {
  Item& item = doc_.items[index];
  TypeState& parent = doc_.types[item.parent()];
  KeyTable::Entry* entry = nullptr;
  if (item.in_map()) {
    entry = parent.keys.find(item.parent_sub());
    if (entry == nullptr) entry = &parent.keys.add(item.parent_sub());
  }
  ItemIndex& first = entry != nullptr ? entry->first : parent.first;
  ItemIndex right = first;
  if (left != no_item) {
    right = doc_.items[left].right();
    doc_.items[left].set_right(index);
  } else {
    first = index;
  }
  item.set_left(left);
  item.set_right(right);
  if (right != no_item) {
    doc_.items[right].set_left(index);
  } else if (entry != nullptr) {
    entry->last = index;
  }
}

void Transaction::add_type(ItemIndex index) {
  Item& item = doc_.items[index];
  TypeState type;
  lib0::Reader content(item.content());
  type.kind = TypeKind{static_cast<std::uint8_t>(content.read_var_uint())};
  type.owner = index;
  type.root = doc_.types[item.parent()].root;
  item.set_type(doc_.types.add(std::move(type)));
}

void Transaction::erase_one(ItemIndex index) {
  Item& item = doc_.items[index];
  assert(!item.is_deleted());
  TypeState& parent = doc_.types[item.parent()];
  if (item.is_countable() && !item.in_map()) parent.length -= item.length();
  item.mark_deleted();
  doc_.log.deleted.push_back({item.client(), {item.clock(), item.length()}});
  note_change(item.parent());
}

// Deletes all that is in a type, and in the types in it, without recursion: they can be nested as deep as a
// document is long.
void Transaction::erase_contents(TypeIndex type) {
  struct Open {
    TypeIndex type;
    ItemIndex child;
    std::size_t key;
  };
  std::vector<Open> open{{type, doc_.types[type].first, 0}};
  while (!open.empty()) {
    Open& innermost = open.back();
    ItemIndex index = innermost.child;
    const auto& entries = doc_.types[innermost.type].keys.entries();
    if (index != no_item) {
      innermost.child = doc_.items[index].right();
    } else if (innermost.key < entries.size()) {
      index = entries[innermost.key++].last;
    } else {
      open.pop_back();
      continue;
    }
    const Item& item = doc_.items[index];
    if (!item.is_deleted()) {
      erase_one(index);
      if (item.kind() == ContentKind::type) open.push_back({item.type(), doc_.types[item.type()].first, 0});
    } else if (was_there(item)) {
      // It is collected with the type, but not among what this transaction deletes: it may become one with
      // what is.
      doc_.log.cut.push_back(item.id());
    }
  }
}

}  // namespace canvas::crdt
