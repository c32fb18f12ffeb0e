// Walks over an update in format v2.
#pragma once

#include <optional>

#include "base/result.h"
#include "crdt/wire_block.h"
#include "crdt/wire_delete_set.h"
#include "lib0/columns.h"

namespace canvas::crdt {

// Gives the blocks of one update in the order of the wire, in the form that they have in v1, then its delete
// set. Refuses what UpdateReader refuses.
//
// Runs make a few bytes announce any number of blocks. A block costs 16 bytes and a key that is used again
// its length, out of 16 MiB and 32 times the update's size: an update that takes more is refused. Else work
// and memory are linear in the size. Format: docs/crdt-internals.md#update-v2.
class UpdateV2Reader {
public:
  explicit UpdateV2Reader(BytesView update);
  UpdateV2Reader(const UpdateV2Reader&) = delete;
  UpdateV2Reader& operator=(const UpdateV2Reader&) = delete;

  // None when there is no other block or the input is bad. Content that v2 writes in another way than v1 is
  // valid until the next call, all other views as long as this and the update.
  std::optional<WireBlock> next();

  // After the last block.
  WireDeleteSet read_delete_set() { return WireDeleteSet::read_v2(rest_); }

  // After the delete set: whether all was good. Fails with Errc::malformed.
  Result<void> finish() const;

private:
  bool next_section();
  // `block` is new.
  void read_block(WireBlock& block);
  void read_references(std::uint8_t info, WireBlock& block);
  Content read_content(ContentKind kind);
  Content read_json_values();
  Content read_any_values();
  Content read_type();
  Content read_doc();
  std::string_view read_key();
  std::string_view read_any_as_json();
  void spend(std::uint64_t bytes);
  bool failed() const;
  const lib0::Reader* first_failed() const;

  lib0::Reader rest_;
  lib0::IntDiffOptRleReader key_clocks_;
  lib0::UintOptRleReader clients_;
  lib0::IntDiffOptRleReader left_clocks_;
  lib0::IntDiffOptRleReader right_clocks_;
  lib0::RleReader infos_;
  lib0::StringReader strings_;
  lib0::RleReader parent_infos_;
  lib0::UintOptRleReader type_references_;
  lib0::UintOptRleReader lengths_;

  std::vector<std::string_view> keys_;  // by their clocks
  std::uint64_t sections_left_;
  std::uint64_t blocks_left_ = 0;
  ClientId client_{};
  Clock clock_ = 0;
  std::uint64_t budget_;

  lib0::Writer content_;  // of the last block, where it had to be made
  std::string json_;
};

// As check_update, for format v2. Fails with Errc::malformed.
Result<void> check_update_v2(BytesView update);

}  // namespace canvas::crdt
