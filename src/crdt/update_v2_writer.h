// Writes an update in format v2 block by block.
#pragma once

#include "base/result.h"
#include "crdt/wire_block.h"
#include "crdt/wire_delete_set.h"
#include "lib0/columns.h"

namespace canvas::crdt {

// The bytes are those of Yjs's own encoder for the same blocks. Sections begin by themselves, where a block
// does not follow the one before it. A value. Format: docs/crdt-internals.md#update-v2.
class UpdateV2Writer {
public:
  // JSON in the content is normalized, as it is when Yjs reads and writes it.
  void write(const WireBlock& block);

  // Ends the update; nothing is written after it. Fails with Errc::unsupported where clocks that follow each
  // other in a column differ by 2^52 or more: the format has no number for that.
  Result<Bytes> finish(const WireDeleteSet& deleted);

private:
  void end_section();
  void write_references(const WireBlock& block);
  void write_content(ContentKind kind, Content content);
  void write_json_values(BytesView values);
  void write_type(BytesView type);
  void write_doc(BytesView doc);
  void write_key(std::string_view key);
  void write_json(std::string_view json);

  lib0::IntDiffOptRleWriter key_clocks_;
  lib0::UintOptRleWriter clients_;
  lib0::IntDiffOptRleWriter left_clocks_;
  lib0::IntDiffOptRleWriter right_clocks_;
  lib0::RleWriter infos_;
  lib0::StringWriter strings_;
  lib0::RleWriter parent_infos_;
  lib0::UintOptRleWriter type_references_;
  lib0::UintOptRleWriter lengths_;
  std::uint64_t key_count_ = 0;

  lib0::Writer sections_;  // the rest of those that have ended
  std::uint64_t section_count_ = 0;
  lib0::Writer blocks_;  // the rest of the section that has not, its clock first
  std::uint64_t block_count_ = 0;
  Id next_{};  // where the block would be that goes on with it
};

}  // namespace canvas::crdt
