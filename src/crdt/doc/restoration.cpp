#include "crdt/doc/restoration_internal.h"

#include <algorithm>

namespace canvas::crdt {

void Restoration::run() {
  past_clients_.reserve(present_.items.clients().size());
  for (const ItemStore::Client& client : present_.items.clients())
    past_clients_.push_back(past_.items.find_client(client.id));
  add_roots();
  while (!open_.empty() || !empty_.empty()) {
    if (!empty_.empty()) {
      const Pair pair = empty_.back();
      empty_.pop_back();
      copy_contents(pair);
    } else {
      const Pair pair = open_.back();
      open_.pop_back();
      if (!present_.is_deleted(pair.present)) restore(pair);
    }
  }
}

void Restoration::add_roots() {
  for (const TypeIndex root : present_.types.roots()) {
    const std::optional<NameIndex> name =
        past_.names.find(present_.names.name(present_.types[root].root_name));
    const std::optional<TypeIndex> then = name ? past_.types.find_root(*name) : std::nullopt;
    open_.push_back({root, then.value_or(no_type)});
  }
  for (const TypeIndex then : past_.types.roots()) {
    const NameIndex name = present_name(past_.types[then].root_name);
    if (!present_.types.find_root(name)) open_.push_back({present_.types.intern_root(name), then});
  }
}

void Restoration::restore(const Pair& pair) {
  restore_keys(pair);
  restore_list(pair);
}

void Restoration::restore_keys(const Pair& pair) {
  for (std::size_t i = 0; i < present_.types[pair.present].keys.entries().size(); ++i) {
    const KeyTable::Entry entry = present_.types[pair.present].keys.entries()[i];
    if (present_.items[entry.last].is_deleted()) continue;
    const std::optional<NameIndex> name = past_.names.find(present_.names.name(entry.key));
    if (pair.past == no_type || !name || past_.value_of_key(pair.past, *name) == no_item)
      transaction_.erase(entry.last);
  }
  if (pair.past == no_type) return;
  for (const KeyTable::Entry& then : past_.types[pair.past].keys.entries()) {
    const Item& value = past_.items[then.last];
    if (value.is_deleted()) continue;
    const NameIndex key = present_name(then.key);
    const ItemIndex now = present_.value_of_key(pair.present, key);
    if (now == no_item || !is_same_element(present_.items[now], value)) {
      copy_value(pair.present, key, then.last);
    } else if (value.kind() == ContentKind::type) {
      open_.push_back({present_.items[now].type(), value.type()});
    }
  }
}

void Restoration::restore_list(const Pair& pair) {
  const std::uint64_t found = walk_list(pair);
  std::uint64_t wanted = 0;
  if (pair.past != no_type) {
    for (const Piece& piece : visible_pieces(pair.past)) wanted += piece.length;
  }
  if (found != wanted) replace_list(pair);
}

// Goes through the list of the present, in which everything still has its place. Gives how many elements of
// the past it has then.
std::uint64_t Restoration::walk_list(const Pair& pair) {
  std::uint64_t found = 0;
  ItemIndex at = present_.types[pair.present].first;
  while (at != no_item) {
    const Reference id = present_.items[at].id();
    const Clock end = present_.items[at].end();
    for (Clock clock = id.clock; clock < end;) {
      const ItemIndex index = present_.items.find({id.client, clock});
      const Then then = look_up(pair.past, present_.items[index], clock);
      found += visit_element_run(pair, index, clock, then);
      clock += then.piece.length;
    }
    at = present_.items[present_.items.find({id.client, end - 1})].right();
  }
  flush(pair.present);
  return found;
}

// Elements from `clock` on, which the present has in the item. Gives how many of them are of the past.
std::uint64_t Restoration::visit_element_run(const Pair& pair, ItemIndex index, Clock clock,
                                             const Then& then) {
  const Item& item = present_.items[index];
  const std::uint64_t length = then.piece.length;
  if (!then.is_visible) {
    if (!item.is_deleted()) transaction_.erase(item.client(), {clock, length});
    return 0;
  }
  if (item.is_deleted()) {
    anchor_ = transaction_.ending_at({item.client(), clock + length - 1});
    missing_.push_back(then.piece);
    return length;
  }
  flush(pair.present);
  if (item.kind() == ContentKind::type && past_.items[then.piece.item].kind() == ContentKind::type)
    open_.push_back({item.type(), past_.items[then.piece.item].type()});
  return length;
}

// What the present does not have in this list is not in its history: then all of it is made anew.
void Restoration::replace_list(const Pair& pair) {
  ItemIndex last = no_item;
  for (ItemIndex at = present_.types[pair.present].first; at != no_item; at = present_.items[at].right()) {
    transaction_.erase(at);
    last = at;
  }
  copy_pieces(visible_pieces(pair.past), pair.present, last, no_item);
}

Restoration::Then Restoration::look_up(TypeIndex past_type, const Item& item, Clock clock) {
  const std::uint64_t rest = item.end() - clock;
  const std::optional<ClientIndex> client = past_client(item.client());
  if (past_type == no_type || !client || clock >= past_.items.end(*client))
    return {false, {no_item, 0, rest}};
  const ItemIndex index = past_.items.find({*client, clock});
  const Item& then = past_.items[index];
  const std::uint64_t offset = clock - then.clock();
  const bool is_visible = !then.is_deleted() && then.parent() == past_type && !then.in_map();
  return {is_visible, {index, offset, std::min(rest, then.length() - offset)}};
}

// None for a client that came with this transaction.
std::optional<ClientIndex> Restoration::past_client(ClientIndex client) {
  return client < past_clients_.size() ? past_clients_[client] : std::nullopt;
}

bool Restoration::is_same_element(const Item& now, const Item& then) const {
  return now.kind() == then.kind() &&
         present_.items.id_of(now.last_id()) == past_.items.id_of(then.last_id());
}

NameIndex Restoration::present_name(NameIndex past_name) {
  return present_.names.intern(past_.names.name(past_name));
}

// Puts what is missing behind the last place where some of it was.
void Restoration::flush(TypeIndex type) {
  if (missing_.empty()) return;
  copy_pieces(missing_, type, anchor_, present_.items[anchor_].right());
  missing_.clear();
}

// As few items as can be. Gives the last, or `left`.
ItemIndex Restoration::copy_pieces(const std::vector<Piece>& pieces, TypeIndex type, ItemIndex left,
                                   ItemIndex right) {
  std::optional<NewContent> content;
  for (const Piece& piece : pieces) {
    NewContent next = slicer_.slice(piece.item, piece.offset, piece.length);
    if (content && content->kind == next.kind && is_divisible(next.kind)) {
      append_content(*content, next);
      continue;
    }
    if (content) left = put(*content, type, left, right);
    content = std::move(next);
    if (content->kind == ContentKind::type) {
      left = put(*content, type, left, right);
      empty_.push_back({present_.items[left].type(), past_.items[piece.item].type()});
      content.reset();
    }
  }
  return content ? put(*content, type, left, right) : left;
}

ItemIndex Restoration::put(const NewContent& content, TypeIndex type, ItemIndex left, ItemIndex right) {
  return transaction_.insert(
      {.left = left, .right = right, .parent = type, .kind = content.kind, .content = content.view()});
}

void Restoration::copy_contents(const Pair& pair) {
  copy_pieces(visible_pieces(pair.past), pair.present, no_item, no_item);
  for (const KeyTable::Entry& then : past_.types[pair.past].keys.entries()) {
    if (!past_.items[then.last].is_deleted()) copy_value(pair.present, present_name(then.key), then.last);
  }
}

void Restoration::copy_value(TypeIndex type, NameIndex key, ItemIndex value) {
  const Item& then = past_.items[value];
  const NewContent content = slicer_.slice(value, then.length() - 1, 1);
  const KeyTable::Entry* entry = present_.types[type].keys.find(key);
  const ItemIndex made = transaction_.insert({.left = entry == nullptr ? no_item : entry->last,
                                              .parent = type,
                                              .parent_sub = key,
                                              .kind = content.kind,
                                              .content = content.view()});
  if (then.kind() == ContentKind::type) empty_.push_back({present_.items[made].type(), then.type()});
}

std::vector<Restoration::Piece> Restoration::visible_pieces(TypeIndex past_type) const {
  std::vector<Piece> pieces;
  if (past_type == no_type) return pieces;
  for (ItemIndex at = past_.types[past_type].first; at != no_item; at = past_.items[at].right()) {
    if (!past_.items[at].is_deleted()) pieces.push_back({at, 0, past_.items[at].length()});
  }
  return pieces;
}

}  // namespace canvas::crdt
