#include "crdt/doc/reading_internal.h"

namespace canvas::crdt {

void append_text(const DocState& doc, TypeIndex type, std::size_t max_bytes, std::string& out) {
  for (ItemIndex at = doc.types[type].first; at != no_item; at = doc.items[at].right()) {
    const Item& item = doc.items[at];
    if (item.is_deleted() || item.kind() != ContentKind::string) continue;
    out += as_text(item.content());
    if (out.size() > max_bytes) return;
  }
}

Result<std::string> to_text(const Doc& doc, TypeIndex type, const ReadLimits& limits) {
  std::string out;
  append_text(doc.state(), type, limits.max_bytes, out);
  return within(std::move(out), limits.max_bytes);
}

}  // namespace canvas::crdt
