// Changes to a Doc that belong together.
#pragma once

#include <vector>

#include "crdt/doc/doc_state_internal.h"

namespace canvas::crdt {

// Where and what a new item of the own client is. Between `left` and `right`, which are neighbours in the
// list (or no_item at its ends); under a key: `left` is KeyTable's `last` of the key or no_item, `right` is
// no_item.
struct NewItem {
  ItemIndex left = no_item;
  ItemIndex right = no_item;
  TypeIndex parent = no_type;
  NameIndex parent_sub = no_name;
  ContentKind kind = ContentKind::any;
  Content content{};  // as content.h says; at least one element
};

// What is done between its making and finish() is one transaction of Yjs. One at a time for a document, and
// it must be finished: until then items lie cut and nothing is collected. Not copied.
class Transaction {
public:
  explicit Transaction(DocState& doc);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Puts a new item of the own client into its place. The types of `type` items are there at once
  // (Item::type).
  ItemIndex insert(const NewItem& item);

  // Deletes an item with all that is in it, unless it is deleted.
  void erase(ItemIndex item);
  // Deletes what lives in the range, which ends at most at the end of its client's items.
  void erase(ClientIndex client, ClockRange range);

  // Cuts the item after `offset` elements, which are some but not all; gives the second part. Not of kinds
  // that cannot be cut.
  ItemIndex split(ItemIndex item, std::uint64_t offset);
  // The item that begins, or ends, with that element, which the document has; cut to be so. Of kind `gc` it
  // is what is there.
  ItemIndex starting_at(Reference element);
  ItemIndex ending_at(Reference element);

  // Collects and joins as Yjs does at the end. Afterwards only encode() may be called.
  Doc::Applied finish();

  // Puts an item whose id is the next of its client, and whose parent is known, between what its origins are:
  // where exactly is for the rules of Yjs to say.
  ItemIndex integrate(Item item, ItemIndex left, ItemIndex right);
  // Adds what has no place.
  void integrate_gc(Reference id, std::uint64_t length);

  // What other replicas must be sent, as update v1: what Yjs's event 'update' carries. After finish() and
  // before the next transaction. Empty when nothing changed.
  Bytes encode() const;

private:
  // The item behind which `item` comes; no_item for the front of its list.
  ItemIndex find_left(const Item& item, ItemIndex left, ItemIndex right);

  ItemIndex first_in_list(const Item& item) const;

  void note_growth(ClientIndex client);
  void note_change(TypeIndex type);
  bool was_there(const Item& item) const;
  void link(ItemIndex index, ItemIndex left);
  void add_type(ItemIndex index);
  void erase_one(ItemIndex index);
  void erase_contents(TypeIndex type);

  void sort_deletions();
  void collect_deleted();
  void collect(ItemIndex index);
  void collect_contents(TypeIndex type, std::vector<TypeIndex>& open);
  void collect_child(ItemIndex index, std::vector<TypeIndex>& open);
  void join_deleted();
  void join_grown();
  void join_cut();
  // Joins the item with those to its left as far as that goes.
  struct Joined {
    ItemList::Position position;  // of the item that it is part of then
    std::size_t count;            // how many items are gone
  };
  Joined join_to_left(ClientIndex client, ItemList::Position position);
  bool can_join(ItemIndex left, ItemIndex right) const;
  void join(ItemIndex left, ItemIndex right);
  void note_join(const Item& left, const Item& right);

  DocState& doc_;
  bool finished_ = false;
};

}  // namespace canvas::crdt
