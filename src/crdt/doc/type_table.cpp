#include "crdt/doc/type_table.h"

#include <algorithm>

namespace canvas::crdt {

KeyTable::Entry* KeyTable::find(NameIndex key) {
  if (entries_.size() > max_unindexed) {
    const auto found = positions_.find(key);
    return found == positions_.end() ? nullptr : &entries_[found->second];
  }
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [key](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &*found;
}

KeyTable::Entry& KeyTable::add(NameIndex key) {
  assert(find(key) == nullptr);
  entries_.push_back({key, no_item, no_item});
  const auto count = static_cast<std::uint32_t>(entries_.size());
  if (count > max_unindexed) {
    for (auto i = static_cast<std::uint32_t>(positions_.size()); i < count; ++i)
      positions_.emplace(entries_[i].key, i);
  }
  return entries_.back();
}

void KeyTable::clear() {
  entries_ = {};
  positions_ = {};
}

std::size_t KeyTable::memory_bytes() const {
  return entries_.capacity() * sizeof(Entry) +
         positions_.bucket_count() * (sizeof(NameIndex) + sizeof(std::uint32_t) + 1);
}

TypeIndex TypeTable::add(TypeState type) {
  if (free_.empty()) {
    types_.push_back(std::move(type));
    return static_cast<TypeIndex>(types_.size() - 1);
  }
  const TypeIndex index = free_.back();
  free_.pop_back();
  types_[index] = std::move(type);
  return index;
}

void TypeTable::remove(TypeIndex index) {
  types_[index] = {};
  free_.push_back(index);
}

TypeIndex TypeTable::intern_root(NameIndex name) {
  const auto [at, is_new] = roots_by_name_.try_emplace(name, no_type);
  if (is_new) {
    at->second = add({});
    TypeState& type = (*this)[at->second];
    type.root_name = name;
    type.root = at->second;
    roots_.push_back(at->second);
  }
  return at->second;
}

std::optional<TypeIndex> TypeTable::find_root(NameIndex name) const {
  const auto found = roots_by_name_.find(name);
  if (found == roots_by_name_.end()) return std::nullopt;
  return found->second;
}

std::size_t TypeTable::memory_bytes() const {
  std::size_t bytes = types_.size() * sizeof(TypeState) +
                      (free_.capacity() + roots_.capacity()) * sizeof(TypeIndex) +
                      roots_by_name_.bucket_count() * (sizeof(NameIndex) + sizeof(TypeIndex) + 1);
  for (const TypeState& type : types_) bytes += type.keys.memory_bytes();
  return bytes;
}

}  // namespace canvas::crdt
