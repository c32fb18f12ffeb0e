// Parts of what items hold, copied.
#pragma once

#include "crdt/doc/doc_state_internal.h"
#include "crdt/doc/new_content_internal.h"

namespace canvas::crdt {

// Reads parts of the items of one document. Parts of one item are best asked for in their order: then all of
// them take time linear in the item. Borrows the document.
class ContentSlicer {
public:
  explicit ContentSlicer(const DocState& doc) : doc_(doc) {}

  // `length` elements from `offset` on. Where that cuts a surrogate pair there is U+FFFD, as in Yjs.
  NewContent slice(ItemIndex item, std::uint64_t offset, std::uint64_t length);

private:
  Bytes slice_text(const Item& item, std::uint64_t offset, std::uint64_t length);
  Bytes slice_values(const Item& item, std::uint64_t offset, std::uint64_t length);

  const DocState& doc_;
  // Where the last part ended.
  ItemIndex item_ = no_item;
  std::uint64_t offset_ = 0;
  std::size_t byte_ = 0;
};

// Adds `next`, of the same kind, which can be cut, to `content`.
void append_content(NewContent& content, const NewContent& next);

}  // namespace canvas::crdt
