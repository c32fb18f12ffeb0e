// One restoring of a document.
#pragma once

#include "crdt/doc/content_slice_internal.h"
#include "crdt/doc/transaction_internal.h"

namespace canvas::crdt {

// Used once: makes `present` read as `past`, within the transaction.
class Restoration {
public:
  Restoration(Transaction& transaction, DocState& present, const DocState& past)
      : transaction_(transaction), present_(present), past_(past), slicer_(past) {}

  void run();

private:
  // A type and the one whose content it is to have; no_type for none.
  struct Pair {
    TypeIndex present;
    TypeIndex past;
  };
  // Elements of one item.
  struct Piece {
    ItemIndex item;
    std::uint64_t offset;
    std::uint64_t length;
  };
  // What the past says of elements that follow each other.
  struct Then {
    bool is_visible;  // in the type that is looked at
    Piece piece;      // if they are; else only the length
  };

  void add_roots();
  void restore(const Pair& pair);
  void restore_keys(const Pair& pair);
  void restore_list(const Pair& pair);
  std::uint64_t walk_list(const Pair& pair);
  std::uint64_t visit_element_run(const Pair& pair, ItemIndex index, Clock clock, const Then& then);
  void replace_list(const Pair& pair);

  Then look_up(TypeIndex past_type, const Item& item, Clock clock);
  std::optional<ClientIndex> past_client(ClientIndex client);
  bool is_same_element(const Item& now, const Item& then) const;
  NameIndex present_name(NameIndex past_name);

  void flush(TypeIndex type);
  ItemIndex copy_pieces(const std::vector<Piece>& pieces, TypeIndex type, ItemIndex left, ItemIndex right);
  ItemIndex put(const NewContent& content, TypeIndex type, ItemIndex left, ItemIndex right);
  void copy_contents(const Pair& pair);
  void copy_value(TypeIndex type, NameIndex key, ItemIndex value);
  std::vector<Piece> visible_pieces(TypeIndex past_type) const;

  Transaction& transaction_;
  DocState& present_;
  const DocState& past_;
  ContentSlicer slicer_;
  std::vector<std::optional<ClientIndex>> past_clients_;  // by those of the present that were there at first
  std::vector<Pair> open_;                                // in both
  std::vector<Pair> empty_;                               // made anew
  std::vector<Piece> missing_;  // of the list that is being walked, to be put behind
  ItemIndex anchor_ = no_item;
};

}  // namespace canvas::crdt
