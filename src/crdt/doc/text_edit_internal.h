// Edits at one place of a text, with Yjs's rules for format marks (its YText.js).
#pragma once

#include "crdt/doc/attributes.h"
#include "crdt/doc/new_content_internal.h"
#include "crdt/doc/transaction_internal.h"

namespace canvas::crdt {

// Stands between two items of a text and goes to the right as it edits. Borrows the transaction. What it is
// told has been checked.
class TextEdit {
public:
  TextEdit(Transaction& transaction, DocState& doc, TypeIndex text, ItemIndex left, Attributes attributes);

  struct Inserted {
    ItemIndex item;
    Attributes attributes;  // in force behind it, before the marks that follow
  };
  // Without `attributes` the content has those that are in force here.
  Inserted insert(const NewContent& content, std::optional<Attributes> attributes);
  void format(std::uint64_t length, const Attributes& attributes);
  void remove(std::uint64_t length);

private:
  const Item& right() const { return doc_.items[right_]; }
  bool right_is_mark() const { return right_ != no_item && right().kind() == ContentKind::format; }
  void forward();
  ItemIndex put(const NewContent& content);
  void cut_right(std::uint64_t length);

  void skip_same(const Attributes& attributes);
  Attributes open(const Attributes& attributes);
  void close(Attributes negated);
  bool format_mark(const Attributes& attributes, Attributes& negated, bool is_behind);
  void tidy(ItemIndex begin, const Attributes& at_begin);

  Transaction& transaction_;
  DocState& doc_;
  TypeIndex text_;
  ItemIndex left_;
  ItemIndex right_;
  Attributes attributes_;
};

}  // namespace canvas::crdt
