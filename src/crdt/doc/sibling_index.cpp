#include "crdt/doc/sibling_index.h"

namespace canvas::crdt {

SiblingIndex::Group* SiblingIndex::find(const Item& item) {
  const auto found = groups_.find(spot_of(item));
  return found == groups_.end() ? nullptr : &found->second;
}

void SiblingIndex::add_group(const Item& item, Group group) {
  groups_.insert_or_assign(spot_of(item), std::move(group));
}

void SiblingIndex::remove_group(const Item& item) {
  groups_.erase(spot_of(item));
}

void SiblingIndex::remove_group(TypeIndex parent, NameIndex parent_sub) {
  groups_.erase(front_of(parent, parent_sub));
}

void SiblingIndex::add(const ItemStore& items, ItemIndex index) {
  if (groups_.empty()) return;
  const Item& item = items[index];
  Group* group = find(item);
  if (group == nullptr) return;
  if (group->right_origin != right_origin_of(item)) return remove_group(item);
  const ClientId client = items.client(item.client()).id;
  // Of one client the newest lies first.
  group->items.emplace_hint(group->items.lower_bound(client), client, index);
}

void SiblingIndex::remove(const ItemStore& items, ItemIndex index) {
  if (groups_.empty()) return;
  const Item& item = items[index];
  Group* group = find(item);
  if (group == nullptr) return;
  const auto [begin, end] = group->items.equal_range(items.client(item.client()).id);
  for (auto at = begin; at != end; ++at) {
    if (at->second != index) continue;
    group->items.erase(at);
    return;
  }
}

std::size_t SiblingIndex::memory_bytes() const {
  constexpr std::size_t node_bytes = sizeof(std::pair<const ClientId, ItemIndex>) + 4 * sizeof(void*);
  std::size_t bytes = groups_.bucket_count() * (sizeof(Spot) + sizeof(Group) + 1);
  for (const auto& [spot, group] : groups_) bytes += group.items.size() * node_bytes;
  return bytes;
}

SiblingIndex::Spot SiblingIndex::spot_of(const Item& item) {
  if (item.has_origin()) return {item.origin().client, item.origin().clock};
  return front_of(item.parent(), item.parent_sub());
}

SiblingIndex::Spot SiblingIndex::front_of(TypeIndex parent, NameIndex parent_sub) {
  return {std::uint64_t{parent} << 32 | parent_sub, list_front};
}

}  // namespace canvas::crdt
