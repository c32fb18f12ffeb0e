// The runs of a text, one after another.
#pragma once

#include <optional>
#include <string>

#include "crdt/doc/attributes.h"
#include "crdt/doc/doc_state_internal.h"

namespace canvas::crdt {

// Characters with the same attributes, or one embed, or one type.
struct Run {
  std::string text;          // empty for an embed or a type
  ItemIndex item = no_item;  // the embed or type
};

// Walks as Yjs's toDelta does: a mark ends a run, also where it changes nothing. Marks named "ychange", which
// Yjs uses for its own purpose, end at the first characters. Borrows the document.
class RunReader {
public:
  RunReader(const DocState& doc, TypeIndex text) : doc_(doc), at_(doc.types[text].first) {}

  std::optional<Run> next();
  // Of the run that next() gave; values are normal JSON.
  const Attributes& attributes() const { return attributes_; }

private:
  const DocState& doc_;
  ItemIndex at_;
  Attributes attributes_;
};

}  // namespace canvas::crdt
