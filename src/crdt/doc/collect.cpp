// The end of a transaction: content of what was deleted goes, and items become one where Yjs makes them one.
// Order and extent are those of `cleanupTransactions` in Yjs's Transaction.js, because the bytes that a
// document encodes to tell of both.

#include <algorithm>

#include "crdt/doc/item_content_internal.h"
#include "crdt/doc/transaction_internal.h"

namespace canvas::crdt {

Doc::Applied Transaction::finish() {
  assert(!finished_);
  finished_ = true;
  sort_deletions();
  if (doc_.deleted == Doc::Deleted::collect) collect_deleted();
  join_deleted();
  join_grown();
  join_cut();
  Doc::Applied applied{!doc_.log.changed.empty() || !doc_.log.deleted.empty(), {}};
  applied.roots.reserve(doc_.log.roots.size());
  for (const TypeIndex root : doc_.log.roots)
    applied.roots.push_back(doc_.names.name(doc_.types[root].root_name));
  return applied;
}

void Transaction::sort_deletions() {
  using Deletion = TransactionLog::Deletion;
  std::vector<Deletion>& deleted = doc_.log.deleted;
  if (deleted.size() < 2) return;
  const auto is_before = [](const Deletion& a, const Deletion& b) {
    return a.client != b.client ? a.client < b.client : a.range.clock < b.range.clock;
  };
  if (!std::is_sorted(deleted.begin(), deleted.end(), is_before))
    std::sort(deleted.begin(), deleted.end(), is_before);
  std::size_t kept = 0;
  for (const Deletion& next : deleted) {
    if (kept > 0) {
      Deletion& last = deleted[kept - 1];
      if (last.client == next.client && last.range.end() >= next.range.clock) {
        last.range.length = std::max(last.range.end(), next.range.end()) - last.range.clock;
        continue;
      }
    }
    deleted[kept++] = next;
  }
  deleted.resize(kept);
}

void Transaction::collect_deleted() {
  for (const auto& [client, range] : doc_.log.deleted) {
    const ItemList& items = doc_.items.client(client).items;
    for (auto at = items.find(range.clock); !items.is_end(at) && items.clock_at(at) < range.end();
         at = items.next(at)) {
      collect(items.at(at));
    }
  }
}

// The content of a deleted item goes, and all that is in it gives up its place: without recursion, like
// erase_contents.
void Transaction::collect(ItemIndex index) {
  Item& item = doc_.items[index];
  if (item.is_gc() || !item.is_deleted()) return;
  if (item.kind() == ContentKind::type) {
    std::vector<TypeIndex> open{item.type()};
    while (!open.empty()) {
      const TypeIndex type = open.back();
      open.pop_back();
      collect_contents(type, open);
    }
  }
  doc_.content_heap_bytes -= item.heap_bytes();
  item.drop_content();
}

void Transaction::collect_contents(TypeIndex type, std::vector<TypeIndex>& open) {
  for (ItemIndex index = doc_.types[type].first; index != no_item;) {
    const ItemIndex next = doc_.items[index].right();
    collect_child(index, open);
    index = next;
  }
  for (const KeyTable::Entry& entry : doc_.types[type].keys.entries()) {
    doc_.siblings.remove_group(type, entry.key);
    for (ItemIndex index = entry.first; index != no_item;) {
      const ItemIndex next = doc_.items[index].right();
      collect_child(index, open);
      index = next;
    }
  }
  doc_.siblings.remove_group(type, no_name);
  doc_.types.remove(type);
}

void Transaction::collect_child(ItemIndex index, std::vector<TypeIndex>& open) {
  Item& item = doc_.items[index];
  assert(item.is_deleted());
  if (item.kind() == ContentKind::type) open.push_back(item.type());
  if (item.has_origin() && !doc_.siblings.empty()) doc_.siblings.remove_group(item);
  doc_.content_heap_bytes -= item.heap_bytes();
  item.become_gc();
  doc_.content_heap_bytes += item.heap_bytes();
}

void Transaction::join_deleted() {
  const auto& deleted = doc_.log.deleted;
  for (auto deletion = deleted.rbegin(); deletion != deleted.rend(); ++deletion) {
    const ItemList& items = doc_.items.client(deletion->client).items;
    ItemList::Position at = items.find(deletion->range.end() - 1);
    // The item behind it too may be one with it now.
    if (at != items.last()) at = items.next(at);
    while (!items.is_first(at) && items.clock_at(at) >= deletion->range.clock) {
      at = join_to_left(deletion->client, at).position;
      if (items.is_first(at)) break;
      at = items.previous(at);
    }
  }
}

void Transaction::join_grown() {
  for (const ClientIndex client : doc_.log.changed) {
    const ItemList& items = doc_.items.client(client).items;
    const Clock from = items.clock_at(items.find(doc_.items.client(client).end_before));
    ItemList::Position at = items.last();
    while (!items.is_first(at) && items.clock_at(at) >= from) {
      at = join_to_left(client, at).position;
      if (items.is_first(at)) break;
      at = items.previous(at);
    }
  }
}

void Transaction::join_cut() {
  const auto& cut = doc_.log.cut;
  for (auto id = cut.rbegin(); id != cut.rend(); ++id) {
    const ItemList& items = doc_.items.client(id->client).items;
    ItemList::Position at = items.find(id->clock);
    if (at != items.last()) {
      const Joined joined = join_to_left(id->client, items.next(at));
      if (joined.count > 1) continue;
      at = joined.count == 1 ? joined.position : items.previous(joined.position);
    }
    if (!items.is_first(at)) join_to_left(id->client, at);
  }
}

Transaction::Joined Transaction::join_to_left(ClientIndex client, ItemList::Position position) {
  const ItemList& items = doc_.items.client(client).items;
  std::size_t count = 0;
  while (!items.is_first(position)) {
    const ItemIndex left = items.at(items.previous(position));
    const ItemIndex right = items.at(position);
    if (!can_join(left, right)) break;
    join(left, right);
    position = doc_.items.remove(client, position);
    ++count;
  }
  return {position, count};
}

bool Transaction::can_join(ItemIndex left_index, ItemIndex right_index) const {
  const Item& left = doc_.items[left_index];
  const Item& right = doc_.items[right_index];
  if (left.kind() != right.kind() || !is_divisible(left.kind())) return false;
  if (left.is_gc()) return true;
  return left.is_deleted() == right.is_deleted() && left.right() == right_index && right.has_origin() &&
         right.origin() == left.last_id() && right_origin_of(left) == right_origin_of(right);
}

// The elements of `right` become part of `left`; freeing it is for the caller.
void Transaction::join(ItemIndex left_index, ItemIndex right_index) {
  Item& left = doc_.items[left_index];
  Item& right = doc_.items[right_index];
  if (!left.is_gc()) {
    doc_.siblings.remove(doc_.items, right_index);
    left.set_right(right.right());
    if (right.right() != no_item) {
      doc_.items[right.right()].set_left(left_index);
    } else if (right.in_map()) {
      doc_.types[right.parent()].keys.find(right.parent_sub())->last = left_index;
    }
  }
  doc_.content_heap_bytes -= left.heap_bytes() + right.heap_bytes();
  note_join(left, right);
  join_content(left, right);
  doc_.content_heap_bytes += left.heap_bytes();
}

// encode() begins within the item that results, and need not look for the place: who types into a long text
// pays for what is typed.
void Transaction::note_join(const Item& left, const Item& right) {
  ItemStore::Client& client = doc_.items.client(left.client());
  if (client.changed_in != doc_.transactions) return;
  if (left.end() == client.end_before) {
    client.bytes_before = left.content().size();
  } else if (right.clock() < client.end_before && client.end_before < right.end()) {
    client.bytes_before += left.content().size();
  }
}

}  // namespace canvas::crdt
