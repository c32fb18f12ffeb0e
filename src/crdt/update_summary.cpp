#include "crdt/update_summary.h"

#include "crdt/update_reader.h"
#include "crdt/wire_delete_set.h"

namespace canvas::crdt {
namespace {

bool has_content(ContentKind kind) {
  return kind != ContentKind::gc && kind != ContentKind::deleted && kind != ContentKind::skip;
}

}  // namespace

Result<UpdateSummary> summarize_update(BytesView update) {
  if (const Result<void> checked = check_update(update); !checked) return checked.error();
  UpdateSummary summary{};
  UpdateReader reader(update);
  while (auto section = reader.next_section()) {
    while (!section->at_end()) {
      const WireBlock block = section->next();
      if (has_content(block.kind)) summary.inserted += block.length();
    }
    reader.skip_to(*section);
  }
  WireDeleteSet deleted;
  reader.read_delete_set([&](ClientId client, ClockRange range) { deleted.add(client, range); });
  const DeleteSet joined = deleted.joined();
  for (const auto& [client, ranges] : joined.clients()) {
    for (const ClockRange& range : ranges) summary.deleted += range.length;
  }
  return summary;
}

}  // namespace canvas::crdt
