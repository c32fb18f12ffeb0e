#include "crdt/document.h"

#include <limits>

#include "crdt/block_store.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/read.h"

namespace canvas::bench {
namespace {

// As a room that loads has it: what was taken once is not weighed again, as peers weigh nothing.
constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

class StoreDocument : public Document {
public:
  Result<bool> apply(BytesView update) override {
    const Result<crdt::BlockStore::Applied> applied = store_.apply(update);
    if (!applied) return applied.error();
    return true;
  }
  Bytes encode_difference(const crdt::StateVector& known) const override {
    return store_.encode_difference(known);
  }
  Result<std::string> map_json(const std::string&) const override {
    return Error{Errc::unsupported, "a block store cannot be read"};
  }

private:
  crdt::BlockStore store_{{.max_pending_bytes = no_limit}};
};

class IntegratedDocument : public Document {
public:
  Result<bool> apply(BytesView update) override {
    const Result<crdt::Doc::Applied> applied = doc_.apply(update);
    if (!applied) return applied.error();
    return true;
  }
  Bytes encode_difference(const crdt::StateVector& known) const override {
    return doc_.encode_difference(known);
  }
  Result<std::string> map_json(const std::string& name) const override {
    const std::optional<crdt::TypeIndex> root = crdt::find_root(doc_, name);
    if (!root) return Error{Errc::not_found, "there is no root \"" + name + '"'};
    return crdt::to_json(doc_, *root, crdt::TypeKind::map);
  }

private:
  crdt::Doc doc_{{.max_pending_bytes = no_limit}};
};

}  // namespace

Result<std::unique_ptr<Document>> make_document(const std::string& engine) {
  if (engine == "store") return std::unique_ptr<Document>(std::make_unique<StoreDocument>());
  if (engine == "doc") return std::unique_ptr<Document>(std::make_unique<IntegratedDocument>());
  return Error{Errc::invalid_use, "there is no engine \"" + engine + '"'};
}

}  // namespace canvas::bench
