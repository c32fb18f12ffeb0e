#include "crdt/update_meta.h"

#include <algorithm>

#include "crdt/block_stream_internal.h"

namespace canvas::crdt {
namespace {

void keep_last_of_each(std::vector<ClientSpan>& spans) {
  std::reverse(spans.begin(), spans.end());
  std::stable_sort(spans.begin(), spans.end(),
                   [](const ClientSpan& a, const ClientSpan& b) { return a.client > b.client; });
  const auto end = std::unique(spans.begin(), spans.end(),
                               [](const ClientSpan& a, const ClientSpan& b) { return a.client == b.client; });
  spans.erase(end, spans.end());
}

}  // namespace

Result<std::vector<ClientSpan>> read_update_meta(BytesView update) {
  BlockStream blocks(update);
  std::vector<ClientSpan> spans;
  while (const std::optional<WireBlock> block = blocks.next()) {
    if (spans.empty() || spans.back().client != block->id.client) {
      spans.push_back({block->id.client, block->id.clock, 0});
    }
    spans.back().to = block->end();
  }
  blocks.read_delete_set();
  if (auto checked = blocks.finish(); !checked) return checked.error();
  keep_last_of_each(spans);
  return spans;
}

}  // namespace canvas::crdt
