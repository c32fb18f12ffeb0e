#include "crdt/block.h"

namespace canvas::crdt {

Block split_block(Block& block, ClientIndex self, std::uint64_t offset) {
  assert(is_divisible(block.kind()));
  const Clock clock = block.clock() + offset;
  Block right(clock, block.kind(), block.in_map());
  if (block.kind() != ContentKind::gc) {
    right.set_origin({self, clock - 1});
    if (block.has_right_origin()) right.set_right_origin(block.right_origin());
  }
  if (!block.content().view().empty()) {
    const ContentParts parts = split_content(block.kind(), block.content().view(), offset);
    block.content() = CompactBytes(parts.left);
    right.content() = CompactBytes(parts.right);
  }
  return right;
}

bool can_join(const Block& left, const Block& right, ClientIndex self) {
  if (left.kind() != right.kind() || !is_divisible(left.kind())) return false;
  if (left.kind() == ContentKind::gc) return true;
  // Entries of a map are overwritten one by one: joining those that live would be undone at once.
  if (left.in_map() != right.in_map() || (left.in_map() && !left.is_deleted())) return false;
  if (!right.has_origin() || right.origin() != Reference{self, right.clock() - 1}) return false;
  if (left.has_right_origin() != right.has_right_origin()) return false;
  return !left.has_right_origin() || left.right_origin() == right.right_origin();
}

}  // namespace canvas::crdt
