// What an Edit does.
#pragma once

#include "crdt/doc/edit.h"
#include "crdt/doc/edit_place_internal.h"
#include "crdt/doc/new_content_internal.h"
#include "crdt/doc/transaction_internal.h"

namespace canvas::crdt {

class Edit::Work {
public:
  explicit Work(DocState& state) : doc(state), transaction(state) {}

  // Whether types of such a kind take what is asked for, and this one is still there.
  template <class Takes>
  Result<void> check_type(TypeIndex type, Takes takes) const;
  // Whether the own client can make so many elements more.
  Result<void> check_room(std::uint64_t elements) const;

  // The places of a range that lies in the type and cuts no character.
  struct Range {
    Place begin;
    std::uint64_t length;
  };
  Result<Range> find_range(TypeIndex type, std::uint64_t index, std::uint64_t length) const;

  // Cuts the item there, if need be; gives the one that ends there, or no_item at the front.
  ItemIndex cut(const Place& place);
  // The next edit in this type begins to search behind the last element of the item.
  void remember(TypeIndex type, ItemIndex item, std::uint64_t index, Attributes attributes);
  // Gives the item.
  ItemIndex insert_into_text(TypeIndex text, const Place& place, std::uint64_t index,
                             const NewContent& content, std::optional<Attributes> attributes);
  // The type that the item made, if it did.
  TypeIndex type_made(ItemIndex item) const;

  DocState& doc;
  Transaction transaction;
  bool committed = false;
};

constexpr bool takes_keys(TypeKind kind) {
  return kind != TypeKind::array && kind != TypeKind::xml_fragment;
}
constexpr bool is_xml_list(TypeKind kind) {
  return kind == TypeKind::xml_element || kind == TypeKind::xml_fragment;
}
constexpr bool is_list(TypeKind kind) {
  return kind == TypeKind::array || is_xml_list(kind);
}
constexpr bool is_text(TypeKind kind) {
  return kind == TypeKind::text || kind == TypeKind::xml_text;
}

template <class Takes>
Result<void> Edit::Work::check_type(TypeIndex type, Takes takes) const {
  assert(!committed);
  if (type >= doc.types.size()) return invalid_use("there is no such type");
  const TypeState& state = doc.types[type];
  const bool is_gone = state.owner == no_item && state.root_name == no_name;
  if (is_gone || doc.is_deleted(type)) return invalid_use("the type is deleted");
  if (!takes(doc.types[type].kind)) return invalid_use("a type of this kind does not take that");
  return {};
}

}  // namespace canvas::crdt
