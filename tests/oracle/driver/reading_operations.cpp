// The content of documents (doc_operations.cpp):
//
//   80 doc_json DOC                  JSON of all roots
//   81 doc_read DOC NAME KIND FORM   the root as text; KIND (u8) is a reference of update v1 or, to have it
//                                    guessed, 7; FORM (u8) 0 JSON, 1 text, 2 XML, 3 delta. An empty string
//                                    for a root that is not there

#include "crdt/doc/read.h"
#include "driver/docs.h"
#include "driver/operations.h"

namespace canvas::oracle {
namespace {

using crdt::Doc;
using crdt::TypeKind;

enum class Form : std::uint8_t { json, text, xml, delta };

Result<std::string> read_as(const Doc& doc, crdt::TypeIndex type, TypeKind kind, Form form) {
  switch (form) {
    case Form::json: return crdt::to_json(doc, type, kind);
    case Form::text: return crdt::to_text(doc, type);
    case Form::xml: return crdt::to_xml(doc, type, kind);
    case Form::delta: return crdt::to_delta(doc, type);
  }
  throw std::logic_error("an unknown form");
}

}  // namespace

void add_reading_operations(Operations& operations, const std::shared_ptr<Docs>& docs) {
  operations[80] = [docs](lib0::Reader& in, lib0::Writer& out) {
    out.write_var_string(take(crdt::to_json(docs->read(in))));
  };
  operations[81] = [docs](lib0::Reader& in, lib0::Writer& out) {
    const Doc& doc = docs->read(in);
    const std::optional<crdt::TypeIndex> root = crdt::find_root(doc, in.read_var_string());
    const TypeKind asked{in.read_u8()};
    const Form form{in.read_u8()};
    if (!root) return out.write_var_string("");
    const TypeKind kind = asked == TypeKind::unknown ? crdt::kind_of(doc, *root) : asked;
    out.write_var_string(take(read_as(doc, *root, kind, form)));
  };
}

}  // namespace canvas::oracle
