// Edits of a Doc by the server itself.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/type_table.h"

namespace canvas::crdt {

// What an edit puts into a document. All of it is borrowed for the call.
struct JsonValue {
  std::string_view json;
};
struct AnyValue {
  BytesView any;  // one value of lib0
};
struct BinaryValue {
  BytesView bytes;
};
// An empty shared type, to be filled by the edit that made it.
struct NewType {
  TypeKind kind;
  std::string_view name = {};  // of an xml_element or xml_hook
};
struct SubDocument {
  std::string_view guid;
  std::string_view options_json = "{}";  // an object: autoLoad, meta, gc
};
using Value = std::variant<JsonValue, AnyValue, BinaryValue, NewType, SubDocument>;
using Embed = std::variant<JsonValue, NewType>;

// One transaction on a document, one at a time: what Yjs does in `doc.transact`, with the same marks and the
// same blocks in the update. Whatever fails has changed nothing, and the edit can go on. It fails with
// Errc::invalid_use on what the document does not take (a place beyond the end or inside a surrogate pair, a
// type that is deleted or of another kind, text that is not UTF-8), Errc::malformed on a value that is none,
// Errc::not_found where a type is asked for and there is none, and Errc::too_large when the clock of the
// client is used up.
//
// Places and lengths are elements; in a text UTF-16 units. The place where the last edit was made is
// remembered from one Edit to the next, and a search begins there: typing costs nothing that grows with the
// text, while a jump passes over all items on its way.
//
// Must not outlive the document, which must not be changed by others meanwhile. Not copied.
class Edit {
public:
  explicit Edit(Doc& doc);
  // Commits when commit() was not called: what was edited stays, and its update is what a replica lacks.
  ~Edit();
  Edit(const Edit&) = delete;
  Edit& operator=(const Edit&) = delete;

  struct Committed {
    Doc::Applied applied;
    Bytes update;  // in format v1; empty when nothing changed
  };
  // Ends the edit: nothing else may be called then.
  Committed commit();

  // Types are good until the commit. A root is made when it is not there; afterwards it is of that kind.
  Result<TypeIndex> root(std::string_view name, TypeKind kind);
  Result<TypeIndex> type_of_key(TypeIndex type, std::string_view key) const;
  Result<TypeIndex> type_at(TypeIndex list, std::uint64_t index) const;

  // Keys of a map or hook, attributes of an XML element, of a text or an XML text. `set` gives the new type
  // where the value is one, else no_type.
  Result<TypeIndex> set(TypeIndex type, std::string_view key, const Value& value);
  // Nothing happens where the key has no value.
  Result<void> unset(TypeIndex type, std::string_view key);

  // Elements of an array; children of an XML element or fragment, which are XML types. Gives the types that
  // were made, in their order.
  Result<std::vector<TypeIndex>> insert(TypeIndex list, std::uint64_t index, std::span<const Value> values);
  Result<void> remove(TypeIndex list, std::uint64_t index, std::uint64_t length);

  // A text or an XML text. `attributes` is a JSON object; a null in it is an attribute that is not in force.
  // Without it, what is inserted has the attributes of what is before it.
  using AttributesJson = std::optional<std::string_view>;
  Result<void> insert_text(TypeIndex text, std::uint64_t index, std::string_view inserted,
                           AttributesJson attributes = std::nullopt);
  // An embed without attributes has none, as in Yjs. Gives the new type, else no_type.
  Result<TypeIndex> insert_embed(TypeIndex text, std::uint64_t index, const Embed& embed,
                                 std::string_view attributes = "{}");
  Result<void> remove_text(TypeIndex text, std::uint64_t index, std::uint64_t length);
  // Attributes that are not named stay as they are.
  Result<void> format(TypeIndex text, std::uint64_t index, std::uint64_t length, std::string_view attributes);

private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace canvas::crdt
