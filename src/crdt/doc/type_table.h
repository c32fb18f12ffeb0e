// The shared types of a document: what items hang in.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <optional>
#include <vector>

#include "crdt/doc/item.h"

namespace canvas::crdt {

// What a type is; the numbers are the references of update v1.
enum class TypeKind : std::uint8_t {
  array = 0,
  map = 1,
  text = 2,
  xml_element = 3,  // has a name (DocState::name_of)
  xml_fragment = 4,
  xml_hook = 5,  // has a name
  xml_text = 6,
  unknown = 7,  // a root that has only been named so far
};

// The keys of a type, in the order in which they were first set here. For each the values that it had are a
// list like that of the children, the one that counts (and may be deleted) last. A key is never taken out.
// Finding one is O(1).
class KeyTable {
public:
  struct Entry {
    NameIndex key;
    ItemIndex first;
    ItemIndex last;
  };

  // Null when the key was never set. Valid until a key is added.
  Entry* find(NameIndex key);
  const Entry* find(NameIndex key) const { return const_cast<KeyTable*>(this)->find(key); }
  Entry& add(NameIndex key);
  const std::vector<Entry>& entries() const { return entries_; }
  void clear();
  std::size_t memory_bytes() const;

private:
  // Up to so many are looked through one by one.
  static constexpr std::size_t max_unindexed = 12;

  std::vector<Entry> entries_;
  boost::unordered_flat_map<NameIndex, std::uint32_t> positions_;  // of all, when there are more than that
};

struct TypeState {
  TypeKind kind = TypeKind::unknown;
  ItemIndex owner = no_item;      // the item that made it; none for a root
  NameIndex root_name = no_name;  // of a root
  TypeIndex root = no_type;       // the root type that it is in, at whatever depth, or itself
  ItemIndex first = no_item;      // of its children, deleted ones too
  std::uint64_t length = 0;       // of the children: countable elements that live
  std::uint64_t changed_in = 0;   // of a root: the last transaction that changed something in it
  KeyTable keys;

  bool is_root() const { return owner == no_item; }
};

// Owns the types and numbers them; a number is used again when its type is gone.
class TypeTable {
public:
  TypeState& operator[](TypeIndex index) { return types_[index]; }
  const TypeState& operator[](TypeIndex index) const { return types_[index]; }

  // Numbers are below it.
  std::size_t size() const { return types_.size(); }

  TypeIndex add(TypeState type);
  void remove(TypeIndex index);

  // The root of that name; made, of unknown kind, when it is not there.
  TypeIndex intern_root(NameIndex name);
  std::optional<TypeIndex> find_root(NameIndex name) const;
  // In the order in which they were named.
  const std::vector<TypeIndex>& roots() const { return roots_; }

  // O(types).
  std::size_t memory_bytes() const;

private:
  std::deque<TypeState> types_;
  std::vector<TypeIndex> free_;
  std::vector<TypeIndex> roots_;
  boost::unordered_flat_map<NameIndex, TypeIndex> roots_by_name_;
};

}  // namespace canvas::crdt
