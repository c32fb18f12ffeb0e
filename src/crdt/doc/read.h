// The content of a Doc as JSON, text, markup and deltas: what `toJSON`, `toString` and `toDelta` of Yjs give.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crdt/doc/doc.h"
#include "crdt/doc/type_table.h"

namespace canvas::crdt {

// An update does not say what its root types are: whoever opens one says so. All of this reads a type as the
// kind that it is given, and what such a type does not have is passed over, as in Yjs.
//
// No recursion. Linear in the document, but for text in which many attributes are in force at once: each run
// of it repeats them all. Therefore nothing larger than `max_bytes`, and what one element adds to it, is
// made: then it fails with Errc::too_large, and in no other way.
struct ReadLimits {
  std::size_t max_bytes = 256u << 20;
};

// The root of that name, if something was ever in it. A TypeIndex is good until the document changes.
std::optional<TypeIndex> find_root(const Doc& doc, std::string_view name);

// In the order in which the document met them.
std::vector<std::string_view> root_names(const Doc& doc);

// What a type is. Of a root that an Edit has not opened it is guessed from what is and was in it: text, marks
// and embeds make a text; XML types a fragment; keys alone a map; all else an array.
TypeKind kind_of(const Doc& doc, TypeIndex type);

// The whole document, an object by the names of its roots, each as kind_of says.
//
// The bytes are those of JSON.stringify(doc.toJSON()). Keys that are array indexes come first, ascending, the
// others in the order in which they were first set in this document; Yjs has the same order when it got the
// same updates in the same order. Bytes are an object with a key for each, a sub-document is {}, an int64 its
// digits (where JSON.stringify throws). A text is its characters, XML its markup.
Result<std::string> to_json(const Doc& doc, const ReadLimits& limits = {});
Result<std::string> to_json(const Doc& doc, TypeIndex type, TypeKind kind, const ReadLimits& limits = {});

// The characters alone: Y.Text's toString.
Result<std::string> to_text(const Doc& doc, TypeIndex type, const ReadLimits& limits = {});

// toString of fragments, elements and XML texts: attributes sorted by their names' UTF-16 units, marks as
// elements, the outermost first in that order. Nothing is escaped, as Yjs does not.
Result<std::string> to_xml(const Doc& doc, TypeIndex type, TypeKind kind, const ReadLimits& limits = {});

// JSON.stringify(toDelta()) of a text: [{"insert":"a","attributes":{"bold":true}},...]. Embeds are their
// JSON, types in it what to_json gives.
Result<std::string> to_delta(const Doc& doc, TypeIndex type, const ReadLimits& limits = {});

}  // namespace canvas::crdt
