#include "crdt/doc/position.h"

#include "crdt/doc/doc_state_internal.h"
#include "crdt/doc/read.h"

namespace canvas::crdt {
namespace {

bool counts(const Item& item) {
  return !item.is_deleted() && item.is_countable();
}

std::optional<AbsolutePosition> find_beside(const DocState& doc, const Id& element,
                                            std::int64_t association) {
  const std::optional<Reference> reference = doc.reference(element);
  if (!reference || !doc.items.has(*reference)) return std::nullopt;
  const Item& item = doc.items[doc.items.find(*reference)];
  if (item.is_gc()) return std::nullopt;
  AbsolutePosition found{item.parent(), 0};
  if (doc.is_deleted(item.parent())) return found;
  if (counts(item)) found.index = reference->clock - item.clock() + (association < 0 ? 1 : 0);
  for (ItemIndex at = item.left(); at != no_item; at = doc.items[at].left()) {
    if (counts(doc.items[at])) found.index += doc.items[at].length();
  }
  return found;
}

std::optional<TypeIndex> find_type(const Doc& doc, const RelativePosition& position) {
  if (position.root_name) return find_root(doc, *position.root_name);
  if (!position.type) return std::nullopt;
  const DocState& state = doc.state();
  const std::optional<Reference> reference = state.reference(*position.type);
  if (!reference || !state.items.has(*reference)) return std::nullopt;
  const Item& item = state.items[state.items.find(*reference)];
  if (item.kind() != ContentKind::type) return std::nullopt;
  return item.type();
}

RelativePosition at_type(const DocState& doc, TypeIndex type, std::int64_t association) {
  RelativePosition position;
  position.association = association;
  if (doc.types[type].is_root()) {
    position.root_name = doc.names.name(doc.types[type].root_name);
  } else {
    position.type = doc.items.id_of(doc.items[doc.types[type].owner].id());
  }
  return position;
}

}  // namespace

std::optional<AbsolutePosition> find_position(const Doc& doc, const RelativePosition& position) {
  if (position.item) return find_beside(doc.state(), *position.item, position.association);
  const std::optional<TypeIndex> type = find_type(doc, position);
  if (!type) return std::nullopt;
  return AbsolutePosition{*type, position.association < 0 ? 0 : doc.state().types[*type].length};
}

Result<RelativePosition> make_relative(const Doc& doc, const AbsolutePosition& position,
                                       std::int64_t association) {
  const DocState& state = doc.state();
  if (position.index > state.types[position.type].length)
    return Error{Errc::invalid_use, "the place is beyond the end"};
  RelativePosition made = at_type(state, position.type, association);
  if (association < 0 && position.index == 0) return made;
  std::uint64_t left = association < 0 ? position.index - 1 : position.index;
  for (ItemIndex at = state.types[position.type].first; at != no_item; at = state.items[at].right()) {
    const Item& item = state.items[at];
    if (!counts(item)) continue;
    if (left < item.length()) {
      made.item = state.items.id_of({item.client(), item.clock() + left});
      break;
    }
    left -= item.length();
  }
  return made;
}

}  // namespace canvas::crdt
