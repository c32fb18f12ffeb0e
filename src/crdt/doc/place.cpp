// Where an item goes among those that were put at the same spot: YATA, with the results of `integrate` in
// Yjs's Item.js.

#include <array>

#include "crdt/doc/transaction_internal.h"

namespace canvas::crdt {
namespace {

bool has_same_origin(const Item& a, const Item& b) {
  if (a.has_origin() != b.has_origin()) return false;
  return !a.has_origin() || a.origin() == b.origin();
}

bool has_same_right_origin(const Item& a, const Item& b) {
  return right_origin_of(a) == right_origin_of(b);
}

// The items that a search has passed, with their places in it.
class Passed {
public:
  void add(ItemIndex item) {
    if (count_ < few_.size()) {
      few_[count_] = item;
    } else {
      many_.emplace(item, count_);
    }
    ++count_;
  }

  std::optional<std::size_t> find(ItemIndex item) const {
    const std::size_t few = std::min(count_, few_.size());
    for (std::size_t i = 0; i < few; ++i) {
      if (few_[i] == item) return i;
    }
    if (count_ <= few_.size()) return std::nullopt;
    const auto found = many_.find(item);
    return found == many_.end() ? std::nullopt : std::optional(found->second);
  }

  std::size_t count() const { return count_; }

private:
  std::array<ItemIndex, 16> few_{};
  boost::unordered_flat_map<ItemIndex, std::size_t> many_;
  std::size_t count_ = 0;
};

// A walk over what lies between an item's origin and its right origin.
class Search {
public:
  Search(const ItemStore& items, const Item& item, ItemIndex right)
      : items_(items), item_(item), client_(client_of(item)), right_(right) {}

  // Walks from `start` on; gives the item behind which the new one comes, `left` when it passes none that
  // goes before it.
  ItemIndex run(ItemIndex start, ItemIndex left) {
    std::size_t cleared = 0;  // Yjs's `conflictingItems` are those passed from here on
    for (ItemIndex index = start; index != no_item && index != right_; index = items_[index].right()) {
      const Item& other = items_[index];
      bool goes_before = false;
      if (has_same_origin(item_, other)) {
        goes_before = client_of(other) < client_;
        const bool same_right = has_same_right_origin(item_, other);
        if (!goes_before && same_right) break;
        is_uniform_ &= same_right;
      } else {
        const std::optional<std::size_t> origin = place_of_origin(other);
        if (!origin) break;
        goes_before = *origin < cleared;
      }
      passed_.add(index);
      if (goes_before) {
        left = index;
        cleared = passed_.count();
      }
    }
    return left;
  }

  // All siblings from `start` on, if they have the same right origin and lie in the order of their clients,
  // and are not much farther than what was passed.
  std::optional<SiblingIndex::Group> collect_group(ItemIndex start) const {
    SiblingIndex::Group group{right_origin_of(item_), {}};
    Search walk(items_, item_, right_);
    const std::size_t limit = 4 * steps();
    for (ItemIndex index = start; index != no_item && index != right_; index = items_[index].right()) {
      if (walk.steps() == limit) return std::nullopt;
      const Item& other = items_[index];
      if (has_same_origin(item_, other)) {
        if (!has_same_right_origin(item_, other)) return std::nullopt;
        const ClientId client = client_of(other);
        if (!group.items.empty() && client < group.items.rbegin()->first) return std::nullopt;
        group.items.emplace_hint(group.items.end(), client, index);
      } else if (!walk.place_of_origin(other)) {
        break;
      }
      walk.passed_.add(index);
    }
    return group;
  }

  bool has_passed_origin_of(const Item& other) const { return place_of_origin(other).has_value(); }

  std::size_t steps() const { return passed_.count(); }
  // Whether all siblings so far had the right origin of the item.
  bool is_uniform() const { return is_uniform_; }

private:
  ClientId client_of(const Item& item) const { return items_.client(item.client()).id; }

  std::optional<std::size_t> place_of_origin(const Item& other) const {
    if (!other.has_origin() || steps() == 0) return std::nullopt;
    return passed_.find(items_.find(other.origin()));
  }

  const ItemStore& items_;
  const Item& item_;
  ClientId client_;
  ItemIndex right_;
  Passed passed_;
  bool is_uniform_ = true;
};

}  // namespace

ItemIndex Transaction::find_left(const Item& item, ItemIndex left, ItemIndex right) {
  const ItemStore& items = doc_.items;
  if (left != no_item ? items[left].right() == right : right != no_item && items[right].left() == no_item) {
    return left;
  }
  ItemIndex start = left != no_item ? items[left].right() : first_in_list(item);
  const SiblingIndex::Group* group = doc_.siblings.empty() ? nullptr : doc_.siblings.find(item);
  if (group != nullptr && !group->items.empty() && group->right_origin == right_origin_of(item)) {
    // Siblings lie in the order of clients. A search passes those of smaller clients with all that is behind
    // each, and stops at the next: the place is in front of that one. If there is none, it is behind what
    // hangs on the last, which has to be walked over once: then the new one is the last.
    const auto next = group->items.lower_bound(items.client(item.client()).id);
    if (next != group->items.end()) return items[next->second].left();
    start = group->items.rbegin()->second;
  } else {
    group = nullptr;
  }
  Search search(items, item, right);
  const ItemIndex found = search.run(start, left);
  // An honest item comes to lie in front of something whose origin is not behind its own. Another one can be
  // amid what hangs on some item without hanging on it, and would stop searches there: no group is sure then.
  const ItemIndex next = found != no_item ? items[found].right() : first_in_list(item);
  if (next != no_item && !doc_.siblings.empty() && search.has_passed_origin_of(items[next]))
    doc_.siblings.clear();
  if (group == nullptr && search.steps() >= doc_.long_search && search.is_uniform()) {
    if (std::optional<SiblingIndex::Group> siblings = search.collect_group(start))
      doc_.siblings.add_group(item, std::move(*siblings));
  }
  return found;
}

ItemIndex Transaction::first_in_list(const Item& item) const {
  const TypeState& parent = doc_.types[item.parent()];
  if (!item.in_map()) return parent.first;
  const KeyTable::Entry* entry = parent.keys.find(item.parent_sub());
  return entry == nullptr ? no_item : entry->first;
}

}  // namespace canvas::crdt
