// The readers, as they use one another.
#pragma once

#include <string>

#include "crdt/doc/doc_state_internal.h"
#include "crdt/doc/read.h"

namespace canvas::crdt {

// Each appends what the function of that name in read.h gives. They stop early when `out` is larger than
// `max_bytes`; whoever called them looks.
void append_json(const DocState& doc, TypeIndex type, TypeKind kind, std::size_t max_bytes, std::string& out);
void append_text(const DocState& doc, TypeIndex type, std::size_t max_bytes, std::string& out);
void append_xml(const DocState& doc, TypeIndex type, TypeKind kind, std::size_t max_bytes, std::string& out);

// `text`, unless it is larger than that.
Result<std::string> within(std::string text, std::size_t max_bytes);

// A key of a type with its value, which is not deleted.
struct LiveKey {
  std::string_view key;
  ItemIndex value;
};
// In the order in which they were first set.
std::vector<LiveKey> live_keys(const DocState& doc, TypeIndex type);

// A child or a key's value that makes a type of kind text or xml_*: its toJSON is a string.
constexpr bool is_written_as_text(TypeKind kind) {
  return kind == TypeKind::text || kind == TypeKind::xml_text || kind == TypeKind::xml_element ||
         kind == TypeKind::xml_fragment;
}

// toJSON is an object.
constexpr bool is_written_as_object(TypeKind kind) {
  return kind == TypeKind::map || kind == TypeKind::xml_hook;
}

}  // namespace canvas::crdt
