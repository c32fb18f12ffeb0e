// Documents, named by numbers that the caller chooses:
//
//   64 doc_create DOC KEEP           that document, new and empty; KEEP (u8) is 1 to keep what is deleted
//   65 doc_apply DOC UPDATE          whether it changed (u8), the count and names of the roots that changed,
//   state vector,
//                                    whether something waits (u8)
//   66 doc_apply_all DOC COUNT UPDATE...    nothing
//   67 doc_state_vector DOC          bytes
//   68 doc_difference DOC STATE_VECTOR      update
//   69 doc_state DOC                 update
//   70 doc_numbers DOC               items, memory bytes, pending bytes
//   71 doc_check DOC                 nothing; fails when what the document holds does not fit together
//   72 doc_always_index DOC WHEN     siblings are indexed after WHEN steps of a search

#include "crdt/doc/invariants_internal.h"
#include "driver/docs.h"
#include "driver/operations.h"

namespace canvas::oracle {
namespace {

using crdt::Doc;

void write_applied(lib0::Writer& out, const Doc& doc, const Doc::Applied& applied) {
  out.write_u8(applied.changed ? 1 : 0);
  out.write_var_uint(applied.roots.size());
  for (const std::string_view root : applied.roots) out.write_var_string(root);
  out.write_var_bytes(doc.state_vector().encode());
  out.write_u8(doc.has_pending() ? 1 : 0);
}

}  // namespace

void add_doc_operations(Operations& operations, const std::shared_ptr<Docs>& docs) {
  operations[64] = [docs](lib0::Reader& in, lib0::Writer&) {
    const std::uint64_t name = in.read_var_uint();
    docs->create(name, {.deleted = in.read_u8() == 1 ? Doc::Deleted::keep : Doc::Deleted::collect,
                        .client = crdt::ClientId{crdt::max_clock}});
  };
  operations[65] = [docs](lib0::Reader& in, lib0::Writer& out) {
    Doc& doc = docs->read(in);
    write_applied(out, doc, take(doc.apply(in.read_var_bytes())));
  };
  operations[66] = [docs](lib0::Reader& in, lib0::Writer&) {
    Doc& doc = docs->read(in);
    for (const BytesView update : read_updates(in)) take(doc.apply(update));
  };
  operations[67] = [docs](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(docs->read(in).state_vector().encode());
  };
  operations[68] = [docs](lib0::Reader& in, lib0::Writer& out) {
    const Doc& doc = docs->read(in);
    out.write_var_bytes(doc.encode_difference(take(crdt::StateVector::decode(in.read_var_bytes()))));
  };
  operations[69] = [docs](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_bytes(docs->read(in).encode_state());
  };
  operations[70] = [docs](lib0::Reader& in, lib0::Writer& out) {
    const Doc& doc = docs->read(in);
    for (const std::size_t number : {doc.item_count(), doc.memory_bytes(), doc.pending_bytes()})
      out.write_var_uint(number);
  };
  operations[71] = [docs](lib0::Reader& in, lib0::Writer&) {
    const Result<void> checked = crdt::check_invariants(docs->read(in).state());
    if (!checked) throw std::runtime_error(checked.error().message);
  };
  operations[72] = [docs](lib0::Reader& in, lib0::Writer&) {
    Doc& doc = docs->read(in);
    doc.state().long_search = in.read_var_uint();
  };
}

}  // namespace canvas::oracle
