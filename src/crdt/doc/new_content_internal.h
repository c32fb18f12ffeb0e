// Values of an edit in the form in which items hold them.
#pragma once

#include "crdt/content.h"
#include "crdt/doc/attributes.h"
#include "crdt/doc/edit.h"

namespace canvas::crdt {

// Owned content of one item.
struct NewContent {
  ContentKind kind;
  std::uint64_t length;
  Bytes bytes;

  Content view() const { return {length, bytes}; }
};

// Fail as Edit says.
Result<NewContent> make_content(const Value& value);
Result<NewContent> make_content(const Embed& embed);
Result<NewContent> make_text_content(std::string_view text);
NewContent make_mark_content(std::string_view name, std::string_view json);

// The values as few items: plain ones that follow each other are one.
Result<std::vector<NewContent>> make_contents(std::span<const Value> values);

// The members of a JSON object in the order of JavaScript, values as normal JSON. Fails with Errc::malformed.
Result<Attributes> read_attributes(std::string_view json);

// Whether two attributes have the same value. (Yjs asks whether objects are the same object, which depends on
// who made them and cannot be told from the document: here their content counts.) Both are good JSON.
bool is_same_attribute(std::string_view a, std::string_view b);

Error invalid_use(std::string_view what);

}  // namespace canvas::crdt
