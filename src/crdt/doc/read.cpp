#include "crdt/doc/read.h"

#include "crdt/doc/reading_internal.h"
#include "crdt/doc/script_values_internal.h"

namespace canvas::crdt {
namespace {

// What an item in the list of a root says about the root; unknown when nothing.
TypeKind kind_from(const DocState& doc, const Item& item) {
  switch (item.kind()) {
    case ContentKind::string:
    case ContentKind::format:
    case ContentKind::embed: return TypeKind::text;
    case ContentKind::type:
      switch (doc.types[item.type()].kind) {
        case TypeKind::xml_element:
        case TypeKind::xml_text:
        case TypeKind::xml_hook: return TypeKind::xml_fragment;
        default: return TypeKind::array;
      }
    case ContentKind::gc:
    case ContentKind::deleted:
    case ContentKind::skip: return TypeKind::unknown;
    case ContentKind::json:
    case ContentKind::binary:
    case ContentKind::any:
    case ContentKind::doc: return TypeKind::array;
  }
  return TypeKind::unknown;
}

TypeKind guess_kind(const DocState& doc, const TypeState& root) {
  bool has_xml = false;
  bool has_entries = false;
  for (ItemIndex at = root.first; at != no_item; at = doc.items[at].right()) {
    switch (kind_from(doc, doc.items[at])) {
      // Types stand in texts and arrays too, so what only those have decides.
      case TypeKind::text: return TypeKind::text;
      case TypeKind::xml_fragment: has_xml = true; break;
      case TypeKind::array: has_entries = true; break;
      default: break;
    }
  }
  if (has_xml && !has_entries) return TypeKind::xml_fragment;
  return root.first == no_item && !root.keys.entries().empty() ? TypeKind::map : TypeKind::array;
}

}  // namespace

std::optional<TypeIndex> find_root(const Doc& doc, std::string_view name) {
  const std::optional<NameIndex> index = doc.state().names.find(name);
  return index ? doc.state().types.find_root(*index) : std::nullopt;
}

std::vector<std::string_view> root_names(const Doc& doc) {
  const DocState& state = doc.state();
  std::vector<std::string_view> names;
  names.reserve(state.types.roots().size());
  for (const TypeIndex root : state.types.roots())
    names.push_back(state.names.name(state.types[root].root_name));
  return names;
}

TypeKind kind_of(const Doc& doc, TypeIndex type) {
  const TypeState& state = doc.state().types[type];
  return state.kind == TypeKind::unknown ? guess_kind(doc.state(), state) : state.kind;
}

std::vector<LiveKey> live_keys(const DocState& doc, TypeIndex type) {
  std::vector<LiveKey> keys;
  keys.reserve(doc.types[type].keys.entries().size());
  for (const KeyTable::Entry& entry : doc.types[type].keys.entries()) {
    const std::string_view key = doc.names.name(entry.key);
    if (!doc.items[entry.last].is_deleted() && key != prototype_key) keys.push_back({key, entry.last});
  }
  return keys;
}

Result<std::string> within(std::string text, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return Error{Errc::too_large, "the content is larger than " + std::to_string(max_bytes) + " bytes"};
  return text;
}

}  // namespace canvas::crdt
