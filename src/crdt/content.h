// What a block holds, in the form in which update v1 carries it.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::crdt {

// The content reference of update v1 and v2 (the low five bits of a block's info byte).
enum class ContentKind : std::uint8_t {
  gc = 0,       // not an item: a stretch of clocks of which nothing else is kept
  deleted = 1,  // an item whose content is gone
  json = 2,
  binary = 3,
  string = 4,
  embed = 5,
  format = 6,
  type = 7,
  any = 8,
  doc = 9,
  skip = 10,  // not an item: a stretch of clocks that the update leaves out
};

inline constexpr std::uint8_t last_content_kind = 10;

// Content of one block, borrowed. `bytes` is what stands on the wire behind the length or count, or all of it
// where there is none:
//   string   the UTF-8 text; length in UTF-16 units         any, json   the values one after another; length
//   is their count binary   the bytes                                       embed       the JSON text format
//   key and JSON, with their lengths                type, doc   all of it, with the lengths inside gc,
//   deleted, skip   nothing
// Length is 1 for binary, embed, format, type and doc.
struct Content {
  std::uint64_t length;
  BytesView bytes;
};

// Reads and checks the content of one block of `kind`. On failure `in` is failed. Nothing is copied.
Content read_content(lib0::Reader& in, ContentKind kind);

// Writes what read_content read.
void write_content(lib0::Writer& out, ContentKind kind, Content content);

// Whether blocks of this kind can be cut in two and joined.
constexpr bool is_divisible(ContentKind kind) {
  return kind == ContentKind::gc || kind == ContentKind::deleted || kind == ContentKind::json ||
         kind == ContentKind::string || kind == ContentKind::any || kind == ContentKind::skip;
}

// The two parts of divisible content, cut after `offset` of its `length` elements. Where the cut goes through
// a character of two UTF-16 units, each part has U+FFFD in its place, as in Yjs.
struct ContentParts {
  Bytes left;
  Bytes right;
};
ContentParts split_content(ContentKind kind, BytesView bytes, std::uint64_t offset);

// Only the part from `offset` on.
Bytes content_from(ContentKind kind, BytesView bytes, std::uint64_t offset);

}  // namespace canvas::crdt
