// A block as a room keeps it: the bytes that update v1 has for it, in their shortest form.
#pragma once

#include <cassert>

#include "crdt/content.h"
#include "crdt/id.h"
#include "crdt/stored_bytes.h"

namespace canvas::crdt {

// The first byte of a stored block.
//
// A stored block differs from update v1 in one bit: the info byte of a deleted type has deleted_type_bit. A
// type that is deleted stays what it is, because its children name it as their parent; every other content
// goes.
struct StoredInfo {
  static constexpr std::uint8_t deleted_type_bit = 0x10;
  static constexpr std::uint8_t kind_bits = 0x0f;
  static constexpr std::uint8_t in_map_bit = 0x20;
  static constexpr std::uint8_t right_origin_bit = 0x40;
  static constexpr std::uint8_t origin_bit = 0x80;

  ContentKind kind() const { return ContentKind{static_cast<std::uint8_t>(info & kind_bits)}; }
  bool is_deleted() const {
    return kind() == ContentKind::deleted || kind() == ContentKind::gc || is_deleted_type();
  }
  bool is_deleted_type() const { return (info & deleted_type_bit) != 0; }
  bool in_map() const { return (info & in_map_bit) != 0; }
  bool has_origin() const { return (info & origin_bit) != 0; }
  bool has_right_origin() const { return (info & right_origin_bit) != 0; }
  std::uint8_t info;
};

// What stands before the content of a stored block. Borrowed, as all below.
struct StoredHead : StoredInfo {
  const std::uint8_t* begin;         // the info byte
  const std::uint8_t* right_origin;  // behind the origin
  const std::uint8_t* content;       // behind all references

  // Empty when there is none.
  BytesView right_origin_bytes() const {
    return has_right_origin() ? BytesView(right_origin, content) : BytesView();
  }
};

// A whole stored block. It does not say its clock: whoever keeps it counts.
struct StoredBlock : StoredHead {
  const std::uint8_t* payload;  // content.h says what of the content that is: it begins behind the length
  const std::uint8_t* end;
  std::uint64_t length;  // in elements

  BytesView bytes() const { return {begin, end}; }
  BytesView payload_bytes() const { return {payload, end}; }
};

// Reads what begins at `at`; `limit` is the end of the readable bytes, at or behind that of the block.
StoredHead read_stored_head(const std::uint8_t* at, const std::uint8_t* limit);
StoredBlock read_stored_block(const std::uint8_t* at, const std::uint8_t* limit);
// The same of a block that is known to end at `end`: what is in it need not be walked over.
StoredBlock read_last_stored_block(const std::uint8_t* at, const std::uint8_t* end);

// Only where it ends and how many elements it has.
struct BlockExtent {
  const std::uint8_t* end;
  std::uint64_t length;
};
BlockExtent read_extent(const std::uint8_t* at, const std::uint8_t* limit);

// Whether `right`, which begins where `left` ends, can be made one with it: exactly when splitting the whole
// there would give the two. Both are of one client.
bool can_join(const StoredHead& left, const StoredHead& right, Id right_id);
// But for one thing: what is not GC must have the element before it as its origin.
bool can_join_if_adjacent(const StoredHead& left, const StoredHead& right);

// What of a block's content lies between two of its elements. Where a cut goes through a character of two
// UTF-16 units, U+FFFD is in its place.
struct ContentSlice {
  BytesView bytes;
  bool begins_with_half;
  bool ends_with_half;

  std::size_t size() const;
};

// Cuts the content of a block from its beginning on: all slices together cost no more than one walk over it.
class ContentCutter {
public:
  explicit ContentCutter(const StoredBlock& block);

  // The next `count` elements, of which there are so many.
  ContentSlice take(std::uint64_t count);

private:
  ContentSlice take_text(std::uint64_t count);

  ContentKind kind_;
  BytesView rest_;
  bool inside_pair_ = false;  // the first half of a character is taken, rest_ is behind it
};

// How many of the values (JSON or Any) of a block end at or before `limit`.
std::uint64_t count_values(const StoredBlock& block, const std::uint8_t* limit);

// A block, and which it is.
struct PlacedBlock {
  StoredBlock block;
  Id id;
  Clock end() const { return id.clock + block.length; }
};

// Elements [from, to) of a block as a block of its own, appended to `out`; gives the size of its payload. Who
// cuts one block many times hands in the slices. And the same, deleted (not of a type).
std::size_t append_part(StoredBytes& out, const PlacedBlock& whole, Clock from, Clock to);
std::size_t append_part(StoredBytes& out, const PlacedBlock& whole, Clock from, Clock to,
                        const ContentSlice& slice);
void append_deleted_part(StoredBytes& out, const PlacedBlock& whole, Clock from, Clock to);

// Of a deleted block or GC only its length matters to append_joined.
StoredBlock make_length(std::uint64_t length);

// Makes the block that begins at `last` and ends with `out` one with `right`.
void append_joined(StoredBytes& out, std::size_t last, const StoredBlock& right);

}  // namespace canvas::crdt
