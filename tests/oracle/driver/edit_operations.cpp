// Edits of documents (doc_operations.cpp). Types are numbers that the edit gives; 0 is none.
//
//   96 edit_create DOC KEEP CLIENT   as doc_create, editing as that client
//   97 edit_begin DOC                nothing
//   98 edit_commit DOC               update, the count and names of the roots that changed
//   99 edit_root DOC NAME KIND       type
//   100 edit_set DOC TYPE KEY VALUE  type
//   101 edit_unset DOC TYPE KEY      nothing
//   102 edit_insert DOC TYPE INDEX COUNT VALUE...       count and types
//   103 edit_remove DOC TYPE INDEX LENGTH               nothing
//   104 edit_insert_text DOC TYPE INDEX TEXT [JSON]     nothing; JSON is the attributes
//   105 edit_insert_embed DOC TYPE INDEX VALUE JSON     type
//   106 edit_remove_text DOC TYPE INDEX LENGTH          nothing
//   107 edit_format DOC TYPE INDEX LENGTH JSON          nothing
//   108 edit_type_of_key DOC TYPE KEY                   type
//   109 edit_type_at DOC TYPE INDEX                     type
//   110 position_find DOC POSITION   whether it is there (u8), index
//   111 position_make DOC NAME INDEX ASSOCIATION (var_int)   position, of a root
//
// A VALUE is (u8) 0 and JSON, 1 and an Any in bytes, 2 and bytes, 3 and kind (u8) and name, 4 and guid and
// options as JSON.

#include "crdt/doc/edit.h"
#include "crdt/doc/position.h"
#include "crdt/doc/read.h"
#include "driver/docs.h"
#include "driver/operations.h"

namespace canvas::oracle {
namespace {

using crdt::Edit;
using crdt::TypeIndex;
using crdt::TypeKind;

class Edits {
public:
  explicit Edits(std::shared_ptr<Docs> docs) : docs_(std::move(docs)) {}

  void begin(lib0::Reader& in) {
    const std::uint64_t name = in.read_var_uint();
    edits_.insert_or_assign(name, std::make_unique<Edit>(docs_->at(name)));
  }
  Edit& read(lib0::Reader& in) { return *edits_.at(in.read_var_uint()); }
  Edit::Committed commit(lib0::Reader& in) {
    const std::uint64_t name = in.read_var_uint();
    Edit::Committed committed = edits_.at(name)->commit();
    edits_.erase(name);
    return committed;
  }

private:
  std::shared_ptr<Docs> docs_;
  std::map<std::uint64_t, std::unique_ptr<Edit>> edits_;
};

TypeIndex read_type(lib0::Reader& in) {
  return static_cast<TypeIndex>(in.read_var_uint() - 1);
}

void write_type(lib0::Writer& out, TypeIndex type) {
  out.write_var_uint(type == crdt::no_type ? 0 : std::uint64_t{type} + 1);
}

crdt::Value read_value(lib0::Reader& in) {
  switch (in.read_u8()) {
    case 0: return crdt::JsonValue{in.read_var_string()};
    case 1: return crdt::AnyValue{in.read_var_bytes()};
    case 2: return crdt::BinaryValue{in.read_var_bytes()};
    case 3: {
      const TypeKind kind{in.read_u8()};
      return crdt::NewType{kind, in.read_var_string()};
    }
    case 4: {
      const std::string_view guid = in.read_var_string();
      return crdt::SubDocument{guid, in.read_var_string()};
    }
    default: throw std::logic_error("an unknown value");
  }
}

crdt::Embed read_embed(lib0::Reader& in) {
  const crdt::Value value = read_value(in);
  if (const auto* type = std::get_if<crdt::NewType>(&value)) return *type;
  return std::get<crdt::JsonValue>(value);
}

void add_text_operations(Operations& operations, const std::shared_ptr<Edits>& edits) {
  operations[104] = [edits](lib0::Reader& in, lib0::Writer&) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    const std::uint64_t index = in.read_var_uint();
    const std::string_view text = in.read_var_string();
    take(edit.insert_text(type, index, text,
                          in.at_end() ? std::nullopt : std::optional(in.read_var_string())));
  };
  operations[105] = [edits](lib0::Reader& in, lib0::Writer& out) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    const std::uint64_t index = in.read_var_uint();
    const crdt::Embed embed = read_embed(in);
    write_type(out, take(edit.insert_embed(type, index, embed, in.read_var_string())));
  };
  operations[106] = [edits](lib0::Reader& in, lib0::Writer&) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    const std::uint64_t index = in.read_var_uint();
    take(edit.remove_text(type, index, in.read_var_uint()));
  };
  operations[107] = [edits](lib0::Reader& in, lib0::Writer&) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    const std::uint64_t index = in.read_var_uint();
    const std::uint64_t length = in.read_var_uint();
    take(edit.format(type, index, length, in.read_var_string()));
  };
}

void add_list_operations(Operations& operations, const std::shared_ptr<Edits>& edits) {
  operations[102] = [edits](lib0::Reader& in, lib0::Writer& out) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    const std::uint64_t index = in.read_var_uint();
    std::vector<crdt::Value> values;
    for (std::uint64_t left = in.read_var_uint(); left > 0 && !in.failed(); --left)
      values.push_back(read_value(in));
    const std::vector<TypeIndex> types = take(edit.insert(type, index, values));
    out.write_var_uint(types.size());
    for (const TypeIndex made : types) write_type(out, made);
  };
  operations[103] = [edits](lib0::Reader& in, lib0::Writer&) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    const std::uint64_t index = in.read_var_uint();
    take(edit.remove(type, index, in.read_var_uint()));
  };
  operations[109] = [edits](lib0::Reader& in, lib0::Writer& out) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    write_type(out, take(edit.type_at(type, in.read_var_uint())));
  };
}

void add_key_operations(Operations& operations, const std::shared_ptr<Edits>& edits) {
  operations[99] = [edits](lib0::Reader& in, lib0::Writer& out) {
    Edit& edit = edits->read(in);
    const std::string_view name = in.read_var_string();
    write_type(out, take(edit.root(name, TypeKind{in.read_u8()})));
  };
  operations[100] = [edits](lib0::Reader& in, lib0::Writer& out) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    const std::string_view key = in.read_var_string();
    write_type(out, take(edit.set(type, key, read_value(in))));
  };
  operations[101] = [edits](lib0::Reader& in, lib0::Writer&) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    take(edit.unset(type, in.read_var_string()));
  };
  operations[108] = [edits](lib0::Reader& in, lib0::Writer& out) {
    Edit& edit = edits->read(in);
    const TypeIndex type = read_type(in);
    write_type(out, take(edit.type_of_key(type, in.read_var_string())));
  };
}

void add_position_operations(Operations& operations, const std::shared_ptr<Docs>& docs) {
  operations[110] = [docs](lib0::Reader& in, lib0::Writer& out) {
    const crdt::Doc& doc = docs->read(in);
    const auto position = crdt::find_position(doc, take(crdt::decode_relative_position(in.read_var_bytes())));
    out.write_u8(position ? 1 : 0);
    out.write_var_uint(position ? position->index : 0);
  };
  operations[111] = [docs](lib0::Reader& in, lib0::Writer& out) {
    const crdt::Doc& doc = docs->read(in);
    const std::optional<TypeIndex> root = crdt::find_root(doc, in.read_var_string());
    if (!root) throw std::runtime_error("there is no such root");
    const std::uint64_t index = in.read_var_uint();
    const lib0::Reader::SignedInteger association = in.read_var_int();
    const auto magnitude = static_cast<std::int64_t>(association.magnitude);
    out.write_var_bytes(crdt::encode_relative_position(
        take(crdt::make_relative(doc, {*root, index}, association.negative ? -magnitude : magnitude))));
  };
}

}  // namespace

void add_edit_operations(Operations& operations, const std::shared_ptr<Docs>& docs) {
  const auto edits = std::make_shared<Edits>(docs);
  operations[96] = [docs](lib0::Reader& in, lib0::Writer&) {
    const std::uint64_t name = in.read_var_uint();
    const bool keeps = in.read_u8() == 1;
    docs->create(name, {.deleted = keeps ? crdt::Doc::Deleted::keep : crdt::Doc::Deleted::collect,
                        .client = crdt::ClientId{in.read_var_uint()}});
  };
  operations[97] = [edits](lib0::Reader& in, lib0::Writer&) { edits->begin(in); };
  operations[98] = [edits](lib0::Reader& in, lib0::Writer& out) {
    const Edit::Committed committed = edits->commit(in);
    out.write_var_bytes(committed.update);
    out.write_var_uint(committed.applied.roots.size());
    for (const std::string_view root : committed.applied.roots) out.write_var_string(root);
  };
  add_key_operations(operations, edits);
  add_list_operations(operations, edits);
  add_text_operations(operations, edits);
  add_position_operations(operations, docs);
}

}  // namespace canvas::oracle
