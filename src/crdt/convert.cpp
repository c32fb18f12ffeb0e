#include "crdt/convert.h"

#include "crdt/block_stream_internal.h"
#include "crdt/update_v2_reader.h"
#include "crdt/update_v2_writer.h"
#include "crdt/update_writer.h"

namespace canvas::crdt {

Result<Bytes> convert_v1_to_v2(BytesView update) {
  BlockStream blocks(update);
  UpdateV2Writer out;
  while (std::optional<WireBlock> block = blocks.next()) {
    forget_implied_key(*block);
    out.write(*block);
  }
  const WireDeleteSet deleted = blocks.read_delete_set();
  if (auto checked = blocks.finish(); !checked) return checked.error();
  return out.finish(deleted);
}

Result<Bytes> convert_v2_to_v1(BytesView update) {
  UpdateV2Reader blocks(update);
  UpdateWriter out;
  while (std::optional<WireBlock> block = blocks.next()) {
    forget_implied_key(*block);
    out.write(*block);
    if (out.size() > max_converted_bytes) {
      return Error{Errc::too_large, "an update of format v2 takes more than 256 MiB in format v1"};
    }
  }
  const WireDeleteSet deleted = blocks.read_delete_set();
  if (auto checked = blocks.finish(); !checked) return checked.error();
  return out.finish(deleted);
}

}  // namespace canvas::crdt
