#include "crdt/doc/edit.h"

#include "base/utf8.h"
#include "crdt/doc/edit_work_internal.h"

namespace canvas::crdt {
namespace {

bool is_any_kind(TypeKind) {
  return true;
}

}  // namespace

Edit::Edit(Doc& doc) {
  DocState& state = doc.state();
  const bool follows = state.cursor.transaction == state.transactions;
  work_ = std::make_unique<Work>(state);
  if (follows) {
    state.cursor.transaction = state.transactions;
  } else {
    state.cursor = {};
  }
}

Edit::~Edit() {
  if (!work_->committed) work_->transaction.finish();
}

Edit::Committed Edit::commit() {
  assert(!work_->committed);
  work_->committed = true;
  Committed committed;
  committed.applied = work_->transaction.finish();
  committed.update = work_->transaction.encode();
  return committed;
}

Result<TypeIndex> Edit::root(std::string_view name, TypeKind kind) {
  if (!is_valid_utf8(name)) return invalid_use("the name of a root is not UTF-8");
  if (kind >= TypeKind::unknown) return invalid_use("a root needs a kind");
  DocState& doc = work_->doc;
  const TypeIndex root = doc.types.intern_root(doc.names.intern(name));
  TypeState& state = doc.types[root];
  if (state.kind == TypeKind::unknown) state.kind = kind;
  if (state.kind != kind) return invalid_use("the root is of another kind");
  return root;
}

Result<TypeIndex> Edit::type_of_key(TypeIndex type, std::string_view key) const {
  const DocState& doc = work_->doc;
  if (Result<void> checked = work_->check_type(type, is_any_kind); !checked) return checked.error();
  const std::optional<NameIndex> name = doc.names.find(key);
  const ItemIndex value = name ? doc.value_of_key(type, *name) : no_item;
  const TypeIndex found = value == no_item ? no_type : work_->type_made(value);
  if (found == no_type) return Error{Errc::not_found, "there is no type under this key"};
  return found;
}

Result<TypeIndex> Edit::type_at(TypeIndex list, std::uint64_t index) const {
  const DocState& doc = work_->doc;
  if (Result<void> checked = work_->check_type(list, is_any_kind); !checked) return checked.error();
  if (index >= doc.types[list].length) return invalid_use("the place is beyond the end");
  const TypeIndex found = work_->type_made(find_place(doc, list, index + 1).item);
  if (found == no_type) return Error{Errc::not_found, "there is no type at this place"};
  return found;
}

Result<TypeIndex> Edit::set(TypeIndex type, std::string_view key, const Value& value) {
  if (Result<void> checked = work_->check_type(type, takes_keys); !checked) return checked.error();
  if (!is_valid_utf8(key)) return invalid_use("a key is not UTF-8");
  const Result<NewContent> content = make_content(value);
  if (!content) return content.error();
  if (Result<void> checked = work_->check_room(content->length); !checked) return checked.error();
  DocState& doc = work_->doc;
  const NameIndex name = doc.names.intern(key);
  const KeyTable::Entry* entry = doc.types[type].keys.find(name);
  return work_->type_made(work_->transaction.insert({.left = entry == nullptr ? no_item : entry->last,
                                                     .parent = type,
                                                     .parent_sub = name,
                                                     .kind = content->kind,
                                                     .content = content->view()}));
}

Result<void> Edit::unset(TypeIndex type, std::string_view key) {
  if (Result<void> checked = work_->check_type(type, takes_keys); !checked) return checked;
  const std::optional<NameIndex> name = work_->doc.names.find(key);
  const ItemIndex value = name ? work_->doc.value_of_key(type, *name) : no_item;
  if (value != no_item) work_->transaction.erase(value);
  return {};
}

Result<void> Edit::Work::check_room(std::uint64_t elements) const {
  const std::optional<ClientIndex> client = doc.items.find_client(doc.own_client);
  const Clock end = client ? doc.items.end(*client) : 0;
  if (elements > max_clock - end) return Error{Errc::too_large, "the clock of this client is used up"};
  return {};
}

Result<Edit::Work::Range> Edit::Work::find_range(TypeIndex type, std::uint64_t index,
                                                 std::uint64_t length) const {
  const std::uint64_t size = doc.types[type].length;
  if (index > size || length > size - index) return invalid_use("the place is beyond the end");
  Place begin = find_place(doc, type, index);
  if (is_inside_pair(doc, begin) || is_inside_pair(doc, find_end(doc, type, begin, length)))
    return invalid_use("the place is inside a surrogate pair");
  return Range{std::move(begin), length};
}

ItemIndex Edit::Work::cut(const Place& place) {
  if (place.item != no_item && place.offset < doc.items[place.item].length())
    transaction.split(place.item, place.offset);
  return place.item;
}

void Edit::Work::remember(TypeIndex type, ItemIndex item, std::uint64_t index, Attributes attributes) {
  if (item == no_item) {
    doc.cursor.type = no_type;
  } else {
    doc.cursor = {doc.transactions, type, doc.items[item].last_id(), index, std::move(attributes)};
  }
}

TypeIndex Edit::Work::type_made(ItemIndex item) const {
  const Item& made = doc.items[item];
  return made.kind() == ContentKind::type && !made.is_deleted() ? made.type() : no_type;
}

}  // namespace canvas::crdt
