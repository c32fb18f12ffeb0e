#include "crdt/difference.h"

#include "crdt/block_stream_internal.h"
#include "crdt/update_writer.h"

namespace canvas::crdt {
namespace {

// Leaves out of the blocks of one client after another what is known.
class Filter {
public:
  explicit Filter(const StateVector& known) : known_(known) {}

  void take(WireBlock block) {
    if (!client_ || *client_ != block.id.client) start(block.id.client);
    if (!has_begun_) {
      // A gap with nothing known before it tells nothing.
      if (block.kind == ContentKind::skip || block.end() <= known_until_) return;
      has_begun_ = true;
      if (block.id.clock < known_until_) return write_from(block, known_until_ - block.id.clock);
    }
    forget_implied_key(block);
    out_.write(block);
  }

  Bytes finish(const WireDeleteSet& deleted) { return out_.finish(deleted); }

private:
  void start(ClientId client) {
    client_ = client;
    known_until_ = known_.get(client);
    has_begun_ = false;
  }

  void write_from(const WireBlock& block, std::uint64_t offset) {
    WireBlock rest = block;
    rest.id.clock += offset;
    forget_implied_key(rest);
    if (rest.kind != ContentKind::gc) {
      rest.origin = Id{rest.id.client, rest.id.clock - 1};
      rest.parent.reset();
      rest.parent_sub.reset();
    }
    const Bytes content = content_from(rest.kind, block.content.bytes, offset);
    rest.content = {block.length() - offset, content};
    out_.write(rest);
  }

  const StateVector& known_;
  UpdateWriter out_;
  std::optional<ClientId> client_;
  Clock known_until_ = 0;
  bool has_begun_ = false;  // something of the client has been written
};

// Follows each client from clock 0 to its first gap.
class StateReader {
public:
  void take(const WireBlock& block) {
    if (!client_ || *client_ != block.id.client) {
      end_client();
      client_ = block.id.client;
      has_gap_ = block.id.clock != 0;
    }
    has_gap_ = has_gap_ || block.kind == ContentKind::skip;
    if (!has_gap_) end_ = block.end();
  }

  StateVector finish() {
    end_client();
    return StateVector(std::move(entries_));
  }

private:
  void end_client() {
    if (end_ > 0) entries_.push_back({*client_, end_});
    end_ = 0;
  }

  std::vector<StateVector::Entry> entries_;
  std::optional<ClientId> client_;
  bool has_gap_ = false;
  Clock end_ = 0;
};

}  // namespace

Result<Bytes> diff_update(BytesView update, const StateVector& known) {
  BlockStream blocks(update);
  Filter filter(known);
  while (const std::optional<WireBlock> block = blocks.next()) filter.take(*block);
  const WireDeleteSet deleted = blocks.read_delete_set();
  if (auto checked = blocks.finish(); !checked) return checked.error();
  return filter.finish(deleted);
}

Result<StateVector> state_vector_of_update(BytesView update) {
  BlockStream blocks(update);
  StateReader state;
  while (const std::optional<WireBlock> block = blocks.next()) state.take(*block);
  blocks.read_delete_set();
  if (auto checked = blocks.finish(); !checked) return checked.error();
  return state.finish();
}

}  // namespace canvas::crdt
