#include "base/utf8.h"
#include "crdt/doc/item_content_internal.h"

namespace canvas::crdt {
namespace {

bool is_ascii(const Item& item) {
  return item.kind() == ContentKind::string && item.content().size() == item.length();
}

}  // namespace

void split_content(Item& left, Item& right, std::uint64_t offset) {
  assert(is_divisible(left.kind()));
  if (left.kind() == ContentKind::deleted) {
    left.set_length(offset);
    return;
  }
  if (is_ascii(left)) {
    right.set_content(left.content().subspan(offset));
    left.content_bytes().truncate(offset);
  } else {
    const ContentParts parts = split_content(left.kind(), left.content(), offset);
    right.set_content(parts.right);
    left.set_content(parts.left);
  }
  left.set_length(offset);
}

void join_content(Item& left, const Item& right) {
  assert(left.kind() == right.kind());
  const std::uint64_t length = left.length() + right.length();
  if (left.kind() != ContentKind::deleted && left.kind() != ContentKind::gc)
    left.content_bytes().append(right.content());
  left.set_length(length);
}

}  // namespace canvas::crdt
