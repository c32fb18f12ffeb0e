// What a Doc holds. Read it freely; change it only through a Transaction.
#pragma once

#include "crdt/delete_set.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/edit_cursor.h"
#include "crdt/doc/item_store.h"
#include "crdt/doc/name_table.h"
#include "crdt/doc/sibling_index.h"
#include "crdt/doc/type_table.h"
#include "crdt/doc/waiting.h"

namespace canvas::crdt {

// What a transaction has done so far. Kept by the document, so that its memory is used again.
struct TransactionLog {
  struct Deletion {
    ClientIndex client;
    ClockRange range;
  };

  std::vector<ClientIndex> changed;  // clients with new items
  std::vector<Deletion> deleted;     // as it came; at the end sorted and joined
  std::vector<Reference> cut;        // items that may be one with a neighbour again
  std::vector<TypeIndex> roots;      // in which something changed

  void clear();
  std::size_t memory_bytes() const;
};

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

  // The same id in this document's numbers; none when the client is not known.
  std::optional<Reference> reference(const Id& id) const {
    const std::optional<ClientIndex> client = items.find_client(id.client);
    return client ? std::optional(Reference{*client, id.clock}) : std::nullopt;
  }

  ItemStore items;
  NameTable names;
  TypeTable types;
  SiblingIndex siblings;
  Waiting waiting;

  TransactionLog log;
  EditCursor cursor;  // where the last Edit was

  Doc::Deleted deleted;
  std::size_t max_pending_bytes;
  ClientId own_client;
  std::size_t long_search = 48;    // steps past which a search makes a group of `siblings`; tests change it
  std::uint64_t transactions = 0;  // how many there were
  std::size_t content_heap_bytes = 0;  // of all items
};

}  // namespace canvas::crdt
