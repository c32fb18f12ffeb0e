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

  // What other replicas must be sent, as update v1: what Yjs's event 'update' carries. After finish() and
  // before the next transaction. Empty when nothing changed.
  Bytes encode() const;
};

}  // namespace canvas::crdt
