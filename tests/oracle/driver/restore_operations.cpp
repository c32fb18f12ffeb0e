// Bringing back earlier states:
//
//   112 restore DOC UPDATE           whether something changed (u8), update, the count and names of the roots
//                                    that changed; UPDATE is the earlier state of the document
//   113 restore_state UPDATE UPDATE CLIENT   whether something changed (u8), update; of the present state and
//                                    an earlier one
//   114 state_at_snapshot UPDATE SNAPSHOT    update; of a state that kept what was deleted

#include "crdt/doc/restore.h"

#include "driver/docs.h"
#include "driver/operations.h"

namespace canvas::oracle {

void add_restore_operations(Operations& operations, const std::shared_ptr<Docs>& docs) {
  operations[112] = [docs](lib0::Reader& in, lib0::Writer& out) {
    crdt::Doc& present = docs->read(in);
    crdt::Doc past;
    take(past.apply(in.read_var_bytes()));
    const crdt::Restored restored = take(crdt::restore(present, past));
    out.write_u8(restored.changed ? 1 : 0);
    out.write_var_bytes(restored.update);
    out.write_var_uint(restored.roots.size());
    for (const std::string_view root : restored.roots) out.write_var_string(root);
  };
  operations[113] = [](lib0::Reader& in, lib0::Writer& out) {
    const BytesView present = in.read_var_bytes();
    const BytesView past = in.read_var_bytes();
    const auto restored = take(crdt::restore_state(present, past, crdt::ClientId{in.read_var_uint()}));
    out.write_u8(restored.changed ? 1 : 0);
    out.write_var_bytes(restored.update);
  };
  operations[114] = [](lib0::Reader& in, lib0::Writer& out) {
    const BytesView state = in.read_var_bytes();
    out.write_var_bytes(
        take(crdt::state_at_snapshot(state, take(crdt::decode_snapshot(in.read_var_bytes())))));
  };
}

}  // namespace canvas::oracle
