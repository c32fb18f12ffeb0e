
#include "base/utf8.h"
#include "crdt/doc/invariants_internal.h"

namespace canvas::crdt {
namespace {

class Check {
public:
  explicit Check(const DocState& doc) : doc_(doc) {}

  Result<void> run() {
    for (ClientIndex client = 0; client < doc_.items.clients().size(); ++client) check_client(client);
    for (const TypeIndex root : doc_.types.roots()) {
      expect(doc_.types[root].is_root() && doc_.types[root].root == root, "a root is not its own root");
      check_type(root);
    }
    for (const TypeIndex type : types_) check_type(type);
    expect(hung_ == placed_, "an item is in no list");
    expect(item_count_ == doc_.items.item_count(), "the count of items is wrong");
    expect(heap_bytes_ == doc_.content_heap_bytes, "the bytes of contents are counted wrongly");
    doc_.siblings.visit([this](const SiblingIndex::Group& group) { check_group(group); });
    if (what_ != nullptr) return Error{Errc::invalid_use, what_};
    return {};
  }

private:
  void expect(bool fits, const char* what) {
    if (!fits && what_ == nullptr) what_ = what;
  }

  const Item& item(ItemIndex index) const { return doc_.items[index]; }

  void check_client(ClientIndex client) {
    const ItemList& items = doc_.items.client(client).items;
    Clock clock = 0;
    for (auto at = items.first(); !items.empty() && !items.is_end(at); at = items.next(at)) {
      const ItemIndex index = items.at(at);
      ++item_count_;
      heap_bytes_ += item(index).heap_bytes();
      expect(item(index).client() == client && item(index).clock() == clock && items.clock_at(at) == clock,
             "an item is not where its clock says");
      expect(item(index).length() > 0, "an item is empty");
      clock = item(index).end();
      check_item(index);
    }
    expect(clock == items.end(), "a client's items do not end where they should");
  }

  void check_item(ItemIndex index) {
    const Item& checked = item(index);
    if (checked.is_gc()) {
      expect(checked.is_deleted() && checked.parent() == no_type && !checked.has_origin() &&
                 checked.left() == no_item && checked.right() == no_item,
             "what is collected has a place");
      return;
    }
    ++placed_;
    expect(!checked.has_origin() || doc_.items.has(checked.origin()), "an origin is missing");
    expect(!checked.has_right_origin() || doc_.items.has(checked.right_origin()),
           "a right origin is missing");
    if (checked.is_deleted() && doc_.deleted == Doc::Deleted::collect)
      expect(checked.kind() == ContentKind::deleted, "the content of a deleted item is still there");
    if (checked.kind() == ContentKind::string)
      expect(utf16_length(as_text(checked.content())) == checked.length(),
             "a text is not as long as it says");
    if (checked.kind() == ContentKind::type) {
      expect(doc_.types[checked.type()].owner == index, "a type does not know who made it");
      expect(doc_.types[checked.type()].root == doc_.types[checked.parent()].root,
             "a type is in another root");
      types_.push_back(checked.type());
    }
  }

  void check_type(TypeIndex type) {
    const TypeState& state = doc_.types[type];
    std::uint64_t length = 0;
    check_list(state.first, type, no_name, [&](const Item& child) {
      if (!child.is_deleted() && child.is_countable()) length += child.length();
    });
    expect(length == state.length, "the length of a type is wrong");
    for (const KeyTable::Entry& entry : state.keys.entries()) {
      expect(state.keys.find(entry.key) == &entry, "a key is not found");
      ItemIndex last = no_item;
      check_list(entry.first, type, entry.key, [&](const Item& value) {
        expect(value.is_deleted() || value.right() == no_item || was_cut(value),
               "a value lives that was overwritten");
        last = doc_.items.find(value.id());
      });
      expect(last == entry.last, "the value of a key is not the last");
    }
  }

  // Of a value that was cut, which none of Yjs is, both parts live.
  bool was_cut(const Item& value) const {
    const Reference behind{value.client(), value.end()};
    if (!doc_.items.has(behind)) return false;
    const Item& rest = item(doc_.items.find(behind));
    return rest.has_origin() && rest.origin() == value.last_id() && rest.parent_sub() == value.parent_sub();
  }

  template <class Visit>
  void check_list(ItemIndex first, TypeIndex type, NameIndex key, Visit&& visit) {
    ItemIndex left = no_item;
    for (ItemIndex index = first; index != no_item; index = item(index).right()) {
      const Item& hung = item(index);
      ++hung_;
      if (hung_ > placed_) return expect(false, "a list goes in a circle");
      expect(hung.left() == left, "neighbours do not agree");
      expect(hung.parent() == type && hung.parent_sub() == key, "an item is in the list of another type");
      expect(!doc_.is_deleted(type) || hung.is_deleted(), "an item lives in a type that is deleted");
      visit(hung);
      left = index;
    }
  }

  void check_group(const SiblingIndex::Group& group) {
    for (const auto& [client, index] : group.items) {
      expect(doc_.items.client(item(index).client()).id == client && !item(index).is_gc() &&
                 right_origin_of(item(index)) == group.right_origin,
             "a group of siblings has a stranger");
    }
  }

  const DocState& doc_;
  const char* what_ = nullptr;
  std::vector<TypeIndex> types_;
  std::size_t item_count_ = 0;
  std::size_t heap_bytes_ = 0;
  std::size_t placed_ = 0;
  std::size_t hung_ = 0;
};

}  // namespace

Result<void> check_invariants(const DocState& doc) {
  return Check(doc).run();
}

}  // namespace canvas::crdt
