// One item of a document that has its place: 64 bytes, a line of the cache.
#pragma once

#include <cassert>
#include <cstdint>
#include <limits>
#include <optional>

#include "crdt/content.h"
#include "crdt/doc/compact_bytes.h"
#include "crdt/doc/reference.h"
#include "crdt/id.h"

namespace canvas::crdt {

// Items and types as numbers of one document. A number is used again when what had it is gone: none may be
// kept beyond a transaction.
using ItemIndex = std::uint32_t;
using TypeIndex = std::uint32_t;

inline constexpr ItemIndex no_item = std::numeric_limits<ItemIndex>::max();
inline constexpr TypeIndex no_type = std::numeric_limits<TypeIndex>::max();
inline constexpr NameIndex no_name = std::numeric_limits<NameIndex>::max();

// Whether it is an element of what holds it: marks of format and what is deleted are not.
constexpr bool is_countable(ContentKind kind) {
  return kind != ContentKind::gc && kind != ContentKind::deleted && kind != ContentKind::format &&
         kind != ContentKind::skip;
}

// A run of elements of one client that lie side by side in a list of one type, or one value of a key.
//
// Of kind `gc` it is what is left of items whose parent is gone: clocks without a place (no parent, no
// neighbours, no origins). Whoever changes an item keeps up what ItemStore and TypeTable say of it: readers
// get it const.
class Item {
public:
  Item(Reference id, ContentKind kind, std::uint64_t length)
      : head_(id.clock << clock_shift | static_cast<std::uint64_t>(kind)), client_(id.client) {
    set_length(length);
  }

  Reference id() const { return {client_, clock()}; }
  ClientIndex client() const { return client_; }
  Clock clock() const { return head_ >> clock_shift; }
  std::uint64_t length() const;
  Clock end() const { return clock() + length(); }
  Reference last_id() const { return {client_, end() - 1}; }

  ContentKind kind() const { return ContentKind{static_cast<std::uint8_t>(head_ & kind_mask)}; }
  bool is_gc() const { return kind() == ContentKind::gc; }
  bool is_deleted() const { return has(deleted_flag); }
  bool is_countable() const { return crdt::is_countable(kind()); }

  // What it holds, as content.h says; empty where that is gone. Valid until the document changes.
  BytesView content() const { return is_long() ? BytesView{} : content_.view(); }
  // The type that an item of kind `type` made.
  TypeIndex type() const {
    assert(kind() == ContentKind::type);
    return length_or_type_;
  }

  // The neighbours in the list, or among the values of the key, deleted ones too.
  ItemIndex left() const { return left_; }
  ItemIndex right() const { return right_; }
  TypeIndex parent() const { return parent_; }
  // The key under which it hangs in `parent`; no_name in a list.
  NameIndex parent_sub() const { return parent_sub_; }
  bool in_map() const { return parent_sub_ != no_name; }

  // The elements that were its neighbours when it was made.
  bool has_origin() const { return has(origin_flag); }
  bool has_right_origin() const { return has(right_origin_flag); }
  Reference origin() const {
    assert(has_origin());
    return {origin_client_, origin_clock_};
  }
  Reference right_origin() const {
    assert(has_right_origin());
    return {right_origin_client_, right_origin_clock_};
  }

  void set_left(ItemIndex left) { left_ = left; }
  void set_right(ItemIndex right) { right_ = right; }
  void set_parent(TypeIndex parent, NameIndex parent_sub) {
    parent_ = parent;
    parent_sub_ = parent_sub;
  }
  void set_type(TypeIndex type) {
    assert(kind() == ContentKind::type);
    length_or_type_ = type;
  }
  void set_origin(Reference origin) {
    head_ |= origin_flag;
    origin_client_ = origin.client;
    origin_clock_ = origin.clock;
  }
  void set_right_origin(Reference right_origin) {
    head_ |= right_origin_flag;
    right_origin_client_ = right_origin.client;
    right_origin_clock_ = right_origin.clock;
  }
  void mark_deleted() { head_ |= deleted_flag; }

  // The bytes behind content(); not of kinds `gc` and `deleted`, which have none.
  CompactBytes& content_bytes() {
    assert(!is_long());
    return content_;
  }
  void set_content(BytesView bytes) { content_bytes() = CompactBytes(bytes); }
  void set_length(std::uint64_t length);

  // Gives up the content of what is deleted; keeps the place.
  void drop_content();
  // Gives up the place too.
  void become_gc();

  // What is on the heap for it.
  std::size_t heap_bytes() const { return content_.heap_bytes(); }

private:
  static constexpr unsigned clock_shift = 11;  // 53 bits of clock above
  static constexpr std::uint64_t kind_mask = 0xf;
  static constexpr std::uint64_t origin_flag = 1 << 4;
  static constexpr std::uint64_t right_origin_flag = 1 << 5;
  static constexpr std::uint64_t deleted_flag = 1 << 6;
  // Only deleted content, which has no bytes, can be that long: the length lies where the bytes would.
  static constexpr std::uint32_t long_length = std::numeric_limits<std::uint32_t>::max();

  bool has(std::uint64_t flag) const { return (head_ & flag) != 0; }
  bool is_long() const { return length_or_type_ == long_length && kind() != ContentKind::type; }
  void set_kind(ContentKind kind) { head_ = (head_ & ~kind_mask) | static_cast<std::uint64_t>(kind); }
  std::uint64_t long_length_value() const;

  std::uint64_t head_;
  CompactBytes content_;
  Clock origin_clock_ = 0;
  Clock right_origin_clock_ = 0;
  ClientIndex origin_client_ = 0;
  ClientIndex right_origin_client_ = 0;
  ClientIndex client_;
  std::uint32_t length_or_type_ = 0;
  ItemIndex left_ = no_item;
  ItemIndex right_ = no_item;
  TypeIndex parent_ = no_type;
  NameIndex parent_sub_ = no_name;
};

static_assert(sizeof(Item) == 64);

inline std::optional<Reference> right_origin_of(const Item& item) {
  return item.has_right_origin() ? std::optional(item.right_origin()) : std::nullopt;
}

inline std::uint64_t Item::length() const {
  if (kind() == ContentKind::type) return 1;
  return length_or_type_ == long_length ? long_length_value() : length_or_type_;
}

}  // namespace canvas::crdt
