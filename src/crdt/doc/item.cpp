#include "crdt/doc/item.h"

#include <cstring>

namespace canvas::crdt {

void Item::set_length(std::uint64_t length) {
  if (kind() == ContentKind::type) {
    assert(length == 1);
    return;
  }
  if (is_long()) content_.clear();
  if (length < long_length) {
    length_or_type_ = static_cast<std::uint32_t>(length);
    return;
  }
  assert(content_.view().empty());
  static_assert(max_clock < std::uint64_t{1} << (8 * CompactBytes::inline_capacity));
  length_or_type_ = long_length;
  content_ = CompactBytes({reinterpret_cast<const std::uint8_t*>(&length), CompactBytes::inline_capacity});
}

std::uint64_t Item::long_length_value() const {
  std::uint64_t length = 0;
  std::memcpy(&length, content_.view().data(), CompactBytes::inline_capacity);
  return length;
}

void Item::drop_content() {
  assert(is_deleted() && kind() != ContentKind::gc);
  if (kind() == ContentKind::deleted) return;
  const std::uint64_t kept = length();
  content_.clear();
  set_kind(ContentKind::deleted);
  length_or_type_ = static_cast<std::uint32_t>(kept);
}

void Item::become_gc() {
  if (kind() != ContentKind::gc) {
    drop_content();
    set_kind(ContentKind::gc);
  }
  head_ &= ~(origin_flag | right_origin_flag);
  left_ = right_ = no_item;
  parent_ = no_type;
  parent_sub_ = no_name;
}

}  // namespace canvas::crdt
