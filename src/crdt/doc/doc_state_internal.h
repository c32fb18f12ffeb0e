// What a Doc holds. Read it freely; change it only through a Transaction.
#pragma once

#include "crdt/delete_set.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/item_store.h"
#include "crdt/doc/sibling_index.h"
#include "crdt/doc/type_table.h"
#include "crdt/doc/waiting.h"
#include "crdt/name_table.h"

namespace canvas::crdt {

// To read content:
//   type of a root        types.find_root(*names.find(name)), or types.roots()
//   children of a type    for (ItemIndex i = types[t].first; i != no_item; i = items[i].right()), deleted
//   ones
//                         too; Item says kind, length, content
//   a nested type         items[i].type(), of an item of kind `type` that is not deleted
//   values of keys        types[t].keys.entries(); `last` is the value, unless it is deleted
//   upwards               items[i].parent(), types[t].owner, types[t].root
// A number of an item or a type is good until the next transaction ends.
struct DocState {
  explicit DocState(const Doc::Options& options);

  // For an item of kind `type` with a name (XmlElement, XmlHook), valid until the document changes; else
  // empty.
  std::string_view name_of(TypeIndex type) const;
  // The value of a key, unless it has none or that is deleted.
  ItemIndex value_of_key(TypeIndex type, NameIndex key) const;
  // Whether the type is in the document still: no item above it is deleted.
  bool is_deleted(TypeIndex type) const {
    return !types[type].is_root() && items[types[type].owner].is_deleted();
  }

  ItemStore items;
  NameTable names;
  TypeTable types;
  SiblingIndex siblings;
  Waiting waiting;

  Doc::Deleted deleted;
  std::size_t max_pending_bytes;
  ClientId own_client;
  std::uint64_t transactions = 0;      // how many there were
  std::size_t content_heap_bytes = 0;  // of all items
};

// Writes what encode_difference says; blocks of `sections` only, and `deleted`.
struct EncodedSection {
  ClientIndex client;
  Clock from;
};
void write_items(lib0::Writer& out, const DocState& doc, ClientIndex client, Clock from);

}  // namespace canvas::crdt
