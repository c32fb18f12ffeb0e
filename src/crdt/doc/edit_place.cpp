#include "crdt/doc/edit_place_internal.h"

#include "base/utf8.h"

namespace canvas::crdt {
namespace {

bool counts(const Item& item) {
  return !item.is_deleted() && item.is_countable();
}

void apply_mark(const Item& item, Attributes& attributes) {
  if (item.kind() != ContentKind::format || item.is_deleted()) return;
  const Attributes::Attribute mark = read_mark(item.content());
  attributes.apply(mark.name, mark.json);
}

// The element `left` elements further on than the end of what is before `at`.
Place walk_right(const DocState& doc, ItemIndex at, std::uint64_t left, Attributes attributes) {
  for (; at != no_item; at = doc.items[at].right()) {
    const Item& item = doc.items[at];
    apply_mark(item, attributes);
    if (!counts(item)) continue;
    if (left <= item.length()) return {at, left, std::move(attributes)};
    left -= item.length();
  }
  assert(false);
  return {};
}

// The same to the left, `back` elements before the beginning of `at`. None where a mark stands between:
// what was in force before it cannot be told from here.
std::optional<Place> walk_left(const DocState& doc, ItemIndex at, std::uint64_t back,
                               const Attributes& attributes) {
  for (at = doc.items[at].left(); at != no_item; at = doc.items[at].left()) {
    const Item& item = doc.items[at];
    if (item.kind() == ContentKind::format && !item.is_deleted()) return std::nullopt;
    if (!counts(item)) continue;
    if (back < item.length()) return Place{at, item.length() - back, attributes};
    back -= item.length();
  }
  return std::nullopt;
}

// Where the cursor is, if it is in that type.
struct Known {
  ItemIndex item;
  std::uint64_t begin;  // index of the item's first element
};
std::optional<Known> find_cursor(const DocState& doc, TypeIndex type) {
  const EditCursor& cursor = doc.cursor;
  if (cursor.type != type || cursor.transaction != doc.transactions || !doc.items.has(cursor.element))
    return std::nullopt;
  const ItemIndex index = doc.items.find(cursor.element);
  const Item& item = doc.items[index];
  if (!counts(item) || item.parent() != type || item.in_map()) return std::nullopt;
  return Known{index, cursor.index - (cursor.element.clock - item.clock() + 1)};
}

}  // namespace

Place find_place(const DocState& doc, TypeIndex type, std::uint64_t index) {
  assert(index <= doc.types[type].length);
  if (index == 0) return {};
  if (const std::optional<Known> known = find_cursor(doc, type)) {
    const auto& [item, begin] = *known;
    const Attributes& attributes = doc.cursor.attributes;
    const std::uint64_t end = begin + doc.items[item].length();
    if (index > end) return walk_right(doc, doc.items[item].right(), index - end, attributes);
    if (index > begin) return {item, index - begin, attributes};
    if (begin - index < index) {
      if (std::optional<Place> place = walk_left(doc, item, begin - index, attributes))
        return *std::move(place);
    }
  }
  return walk_right(doc, doc.types[type].first, index, {});
}

Place find_end(const DocState& doc, TypeIndex type, const Place& begin, std::uint64_t length) {
  if (length == 0) return begin;
  if (begin.item == no_item) return walk_right(doc, doc.types[type].first, length, {});
  const Item& item = doc.items[begin.item];
  const std::uint64_t rest = item.length() - begin.offset;
  if (length <= rest) return {begin.item, begin.offset + length, {}};
  return walk_right(doc, item.right(), length - rest, {});
}

bool is_inside_pair(const DocState& doc, const Place& place) {
  if (place.item == no_item) return false;
  const Item& item = doc.items[place.item];
  const std::string_view text = as_text(item.content());
  if (item.kind() != ContentKind::string || place.offset == item.length() || text.size() == item.length())
    return false;
  return find_utf16(text, place.offset).inside_pair;
}

}  // namespace canvas::crdt
