#include "crdt/doc/content_slice_internal.h"

#include "base/utf8.h"
#include "lib0/any.h"

namespace canvas::crdt {
namespace {

constexpr std::string_view replacement_character = "\xef\xbf\xbd";

void append(Bytes& out, std::string_view text) {
  const BytesView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

NewContent ContentSlicer::slice(ItemIndex index, std::uint64_t offset, std::uint64_t length) {
  const Item& item = doc_.items[index];
  assert(length > 0 && offset + length <= item.length());
  if (length == item.length()) return {item.kind(), length, to_bytes(item.content())};
  if (index != item_ || offset < offset_) {
    item_ = index;
    offset_ = 0;
    byte_ = 0;
  }
  Bytes bytes = item.kind() == ContentKind::string ? slice_text(item, offset, length)
                                                   : slice_values(item, offset, length);
  return {item.kind(), length, std::move(bytes)};
}

// The cursor stands at the beginning of a character: of the one that is cut, where the last part ended
// inside.
Bytes ContentSlicer::slice_text(const Item& item, std::uint64_t offset, std::uint64_t length) {
  const std::string_view text = as_text(item.content());
  const Utf16Position begin = find_utf16(text.substr(byte_), offset - offset_);
  byte_ += begin.byte;
  offset_ = offset - (begin.inside_pair ? 1 : 0);
  const Utf16Position end = find_utf16(text.substr(byte_), offset + length - offset_);
  Bytes bytes;
  bytes.reserve(end.byte + 2 * replacement_character.size());
  constexpr std::size_t pair_bytes = 4;
  if (begin.inside_pair) append(bytes, replacement_character);
  const std::size_t skipped = begin.inside_pair ? pair_bytes : 0;
  if (end.byte > skipped) append(bytes, text.substr(byte_ + skipped, end.byte - skipped));
  if (end.inside_pair) append(bytes, replacement_character);
  byte_ += end.byte;
  offset_ = offset + length - (end.inside_pair ? 1 : 0);
  return bytes;
}

Bytes ContentSlicer::slice_values(const Item& item, std::uint64_t offset, std::uint64_t length) {
  assert(item.kind() == ContentKind::any || item.kind() == ContentKind::json);
  lib0::Reader in(item.content().subspan(byte_));
  const auto skip = [&](std::uint64_t count) {
    for (; count > 0; --count) {
      if (item.kind() == ContentKind::any) {
        lib0::skip_any(in);
      } else {
        in.read_var_bytes();
      }
    }
  };
  skip(offset - offset_);
  const std::size_t begin = in.position();
  skip(length);
  Bytes bytes = to_bytes(in.since(begin));
  byte_ += in.position();
  offset_ = offset + length;
  return bytes;
}

void append_content(NewContent& content, const NewContent& next) {
  assert(content.kind == next.kind && is_divisible(next.kind));
  content.length += next.length;
  content.bytes.insert(content.bytes.end(), next.bytes.begin(), next.bytes.end());
}

}  // namespace canvas::crdt
