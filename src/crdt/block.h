// A block as a room keeps it: 40 bytes, whatever it holds beyond them is its content.
#pragma once

#include <cassert>
#include <cstdint>

#include "crdt/compact_bytes.h"
#include "crdt/content.h"
#include "crdt/id.h"

namespace canvas::crdt {

// Clients and key names as numbers of one BlockStore, given out in the order in which it met them.
using ClientIndex = std::uint32_t;
using NameIndex = std::uint32_t;

struct Reference {
  ClientIndex client;
  Clock clock;
  friend bool operator==(const Reference&, const Reference&) = default;
};

// The block does not know its length: it ends where the next block of its client begins. Whoever keeps it
// knows (BlockList, Pending).
class Block {
public:
  Block(Clock clock, ContentKind kind, bool in_map) : head_(clock << clock_shift) {
    set_kind(kind);
    set(in_map_flag, in_map);
  }

  Clock clock() const { return head_ >> clock_shift; }
  ContentKind kind() const { return ContentKind{static_cast<std::uint8_t>(head_ & kind_mask)}; }
  // A type that is deleted stays what it is, because its children name it as their parent; every other
  // content goes.
  bool is_deleted() const {
    return kind() == ContentKind::deleted || kind() == ContentKind::gc || has(deleted_type_flag);
  }
  bool in_map() const { return has(in_map_flag); }

  bool has_origin() const { return has(origin_flag); }
  bool has_right_origin() const { return has(right_origin_flag); }
  // The block says itself where it hangs: true of items without any origin.
  bool has_parent() const { return !has_origin() && !has_right_origin() && kind() != ContentKind::gc; }
  bool has_root_parent() const { return has(root_parent_flag); }

  Reference origin() const {
    assert(has_origin());
    return {left_client_, left_clock_};
  }
  Reference right_origin() const {
    assert(has_right_origin());
    return {right_client_, right_clock_};
  }
  // The slots of the origins hold the parent where there are no origins.
  NameIndex root_parent() const {
    assert(has_root_parent());
    return left_client_;
  }
  Reference item_parent() const {
    assert(has_parent() && !has_root_parent());
    return {left_client_, left_clock_};
  }
  NameIndex parent_sub() const {
    assert(has_parent() && in_map());
    return right_client_;
  }

  void set_origin(Reference origin) {
    set(origin_flag, true);
    left_client_ = origin.client;
    left_clock_ = origin.clock;
  }
  void set_right_origin(Reference right_origin) {
    set(right_origin_flag, true);
    right_client_ = right_origin.client;
    right_clock_ = right_origin.clock;
  }
  void set_root_parent(NameIndex name) {
    set(root_parent_flag, true);
    left_client_ = name;
  }
  void set_item_parent(Reference parent) {
    left_client_ = parent.client;
    left_clock_ = parent.clock;
  }
  void set_parent_sub(NameIndex key) { right_client_ = key; }

  const CompactBytes& content() const { return content_; }
  CompactBytes& content() { return content_; }

  // Turns what is there into the fact that it was there.
  void mark_deleted() {
    if (kind() == ContentKind::type) {
      set(deleted_type_flag, true);
      return;
    }
    set_kind(ContentKind::deleted);
    content_.clear();
  }

private:
  static constexpr unsigned clock_shift = 11;  // 53 bits of clock above
  static constexpr std::uint64_t kind_mask = 0xf;
  static constexpr std::uint64_t origin_flag = 1 << 4;
  static constexpr std::uint64_t right_origin_flag = 1 << 5;
  static constexpr std::uint64_t in_map_flag = 1 << 6;
  static constexpr std::uint64_t root_parent_flag = 1 << 7;
  static constexpr std::uint64_t deleted_type_flag = 1 << 8;

  bool has(std::uint64_t flag) const { return (head_ & flag) != 0; }
  void set(std::uint64_t flag, bool on) { head_ = on ? head_ | flag : head_ & ~flag; }
  void set_kind(ContentKind kind) { head_ = (head_ & ~kind_mask) | static_cast<std::uint64_t>(kind); }

  std::uint64_t head_;
  Clock left_clock_ = 0;
  Clock right_clock_ = 0;
  ClientIndex left_client_ = 0;
  ClientIndex right_client_ = 0;
  CompactBytes content_;
};

static_assert(sizeof(Block) == 40);

// The part of `block` (of `length` elements, made by client `self`) from `offset` on, as a block of its own;
// `block` keeps what is before.
Block split_block(Block& block, ClientIndex self, std::uint64_t offset);

// Whether `right`, which begins where `left` ends, can be made one with it: exactly when splitting the whole
// there would give the two.
bool can_join(const Block& left, const Block& right, ClientIndex self);

}  // namespace canvas::crdt
