// A Yjs document that puts every block into its place: what reads and writes content is built on it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/delete_set.h"
#include "crdt/state_vector.h"

namespace canvas::crdt {

struct DocState;

// Does what a `Y.Doc` of Yjs 13.6 does with updates: given the same updates in the same batches it encodes to
// the same bytes. It makes no edits of its own (Yjs tidies up format marks after a change from elsewhere),
// and no update leaves something waiting that has all it needs, which Yjs now and then does. (Own edits let
// nothing in that waits for them: that comes with the next update that brings blocks of this client.)
//
// The work for an update grows with the update, with what its deletions reach, and with the logarithm of the
// document; docs/crdt-internals.md says what the exceptions are. Owned by one thread. Not copied.
class Doc {
public:
  // What becomes of content that is deleted.
  enum class Deleted : std::uint8_t { collect, keep };

  struct Options {
    Deleted deleted = Deleted::collect;
    // Memory for blocks and deletions that wait for what they build on. An update that would take more is
    // refused.
    std::size_t max_pending_bytes = 16u << 20;
    // Under which its own edits are made; drawn at random when it is not given.
    std::optional<ClientId> client = {};
  };

  // What an update or a transaction did.
  struct Applied {
    bool changed = false;  // something was added or deleted; what only waits is not
    // Root types in which something changed, at whatever depth. Valid as long as the document.
    std::vector<std::string_view> roots;
  };

  Doc();
  explicit Doc(const Options& options);
  ~Doc();
  Doc(const Doc&) = delete;
  Doc& operator=(const Doc&) = delete;

  // Takes an update in format v1. Fails with Errc::malformed, or Errc::too_large at the limit on what waits;
  // then nothing has changed.
  Result<Applied> apply(BytesView update);

  StateVector state_vector() const;
  // What a replica with `known` lacks, as an update in format v1: the blocks past it, all deletions, all that
  // waits. Yjs's encodeStateAsUpdate.
  Bytes encode_difference(const StateVector& known) const;
  Bytes encode_state() const { return encode_difference({}); }
  // All that is deleted; without what waits. With the state vector, a snapshot.
  DeleteSet delete_set() const;

  bool has_pending() const;
  std::size_t pending_bytes() const;

  // Under which the next own edit is made. As in Yjs it is another after an update brought blocks of it; here
  // also after one whose blocks of it wait.
  ClientId client() const;

  // All of it in memory, near enough; O(types and clients).
  std::size_t memory_bytes() const;
  std::size_t item_count() const;

  // What is inside, for the rest of this folder (doc_state_internal.h).
  DocState& state() { return *state_; }
  const DocState& state() const { return *state_; }

private:
  std::unique_ptr<DocState> state_;
};

}  // namespace canvas::crdt
