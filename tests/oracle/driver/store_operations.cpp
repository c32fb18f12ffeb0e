// Block stores, named by numbers that the caller chooses:
//
//   0 create STORE                       that store, new and empty
//   1 apply STORE UPDATE                 effect (u8: 0 nothing, 1 whole, 2 part), news, state vector, whether
//                                        something waits (u8)
//   2 apply_all STORE COUNT UPDATE...    nothing
//   3 state_vector STORE                 bytes
//   4 difference STORE STATE_VECTOR      update
//   5 state STORE                        update
//   6 merge COUNT UPDATE...              update; of no store
//   7 numbers STORE                      live bytes, pending bytes, blocks, memory bytes
//   8 apply_followed STORE STORE UPDATE  as apply; and the same of the second store, which is told only what
//                                        is new to the first

#include <map>
#include <memory>

#include "crdt/block_store.h"
#include "crdt/merge.h"
#include "driver/operations.h"

namespace canvas::oracle {
namespace {

using crdt::BlockStore;

class Stores {
public:
  BlockStore& create(std::uint64_t name) {
    return *stores_.insert_or_assign(name, std::make_unique<BlockStore>()).first->second;
  }
  BlockStore& read(lib0::Reader& in) { return *stores_.at(in.read_var_uint()); }

private:
  std::map<std::uint64_t, std::unique_ptr<BlockStore>> stores_;
};

Result<BlockStore::Applied> tell(BlockStore& follower, BytesView update, const BlockStore::Applied& applied) {
  switch (applied.effect) {
    case BlockStore::Applied::Effect::nothing: break;
    case BlockStore::Applied::Effect::whole: return follower.apply(update);
    case BlockStore::Applied::Effect::part: return follower.apply(applied.news);
  }
  return BlockStore::Applied{};
}

void write_applied(lib0::Writer& out, const BlockStore& store, const BlockStore::Applied& applied) {
  out.write_u8(static_cast<std::uint8_t>(applied.effect));
  out.write_var_bytes(applied.news);
  out.write_var_bytes(*store.encoded_state_vector());
  out.write_u8(store.has_pending() ? 1 : 0);
}

}  // namespace

void add_store_operations(Operations& operations) {
  const auto stores = std::make_shared<Stores>();
  operations[0] = [stores](lib0::Reader& in, lib0::Writer&) { stores->create(in.read_var_uint()); };
  operations[1] = [stores](lib0::Reader& in, lib0::Writer& out) {
    BlockStore& store = stores->read(in);
    write_applied(out, store, take(store.apply(in.read_var_bytes())));
  };
  operations[2] = [stores](lib0::Reader& in, lib0::Writer&) {
    BlockStore& store = stores->read(in);
    for (const BytesView update : read_updates(in)) take(store.apply(update));
  };
  operations[3] = [stores](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(*stores->read(in).encoded_state_vector());
  };
  operations[4] = [stores](lib0::Reader& in, lib0::Writer& out) {
    const BlockStore& store = stores->read(in);
    out.write_var_bytes(store.encode_difference(take(crdt::StateVector::decode(in.read_var_bytes()))));
  };
  operations[5] = [stores](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(*stores->read(in).encode_state());
  };
  operations[6] = [](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(take(crdt::merge_updates(read_updates(in))));
  };
  operations[7] = [stores](lib0::Reader& in, lib0::Writer& out) {
    const BlockStore& store = stores->read(in);
    for (const std::size_t number :
         {store.live_bytes(), store.pending_bytes(), store.block_count(), store.memory_bytes()}) {
      out.write_var_uint(number);
    }
  };
  operations[8] = [stores](lib0::Reader& in, lib0::Writer& out) {
    BlockStore& store = stores->read(in);
    BlockStore& follower = stores->read(in);
    const BytesView update = in.read_var_bytes();
    const BlockStore::Applied applied = take(store.apply(update));
    write_applied(out, store, applied);
    write_applied(out, follower, take(tell(follower, update, applied)));
  };
}

}  // namespace canvas::oracle
