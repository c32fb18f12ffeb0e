#include "crdt/content.h"

#include "base/utf8.h"
#include "crdt/wire_format_internal.h"
#include "lib0/any.h"

namespace canvas::crdt {
namespace {

constexpr std::string_view replacement_character = "\xef\xbf\xbd";

void skip_type(lib0::Reader& in) {
  const std::uint64_t reference = in.read_var_uint();
  if (reference > last_type_reference) return in.fail("a block has an unknown type");
  if (is_named_type(reference)) in.read_var_string();
}

void skip_doc(lib0::Reader& in) {
  in.read_var_string();
  lib0::Reader options = in;
  // Yjs reads fields of the options without a look at what they are.
  if (options.read_u8() != any_object_tag) in.fail("the options of a sub-document are not an object");
  lib0::skip_any(in);
}

Content read_values(lib0::Reader& in, ContentKind kind) {
  const std::uint64_t count = in.read_var_uint();
  const std::size_t start = in.position();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    if (kind == ContentKind::any) {
      lib0::skip_any(in);
    } else {
      lib0::Reader ahead = in;
      if (ahead.read_var_string() == undefined_json) {
        in = ahead;
      } else {
        in.read_json();
      }
    }
  }
  if (in.failed()) return {0, {}};
  return {count, in.since(start)};
}

template <class Skip>
Content read_whole(lib0::Reader& in, Skip skip) {
  const std::size_t start = in.position();
  skip(in);
  if (in.failed()) return {0, {}};
  return {1, in.since(start)};
}

// How many bytes the first `count` values take.
std::size_t size_of_values(ContentKind kind, BytesView bytes, std::uint64_t count) {
  lib0::Reader in(bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (kind == ContentKind::any) {
      lib0::skip_any(in);
    } else {
      in.read_var_bytes();
    }
  }
  return in.position();
}

}  // namespace

Content read_content(lib0::Reader& in, ContentKind kind) {
  switch (kind) {
    case ContentKind::gc:
    case ContentKind::deleted:
    case ContentKind::skip: return {in.read_var_uint(), {}};
    case ContentKind::json:
    case ContentKind::any: return read_values(in, kind);
    case ContentKind::binary: return {1, in.read_var_bytes()};
    case ContentKind::string: {
      const std::string_view text = in.read_var_string();
      return {utf16_length(text), as_bytes(text)};
    }
    case ContentKind::embed: return {1, as_bytes(in.read_json())};
    case ContentKind::format:
      return read_whole(in, [](lib0::Reader& reader) {
        reader.read_var_string();
        reader.read_json();
      });
    case ContentKind::type: return read_whole(in, skip_type);
    case ContentKind::doc: return read_whole(in, skip_doc);
  }
  in.fail("a block has an unknown content");
  return {0, {}};
}

void write_content(lib0::Writer& out, ContentKind kind, Content content) {
  switch (kind) {
    case ContentKind::gc:
    case ContentKind::deleted:
    case ContentKind::skip: return out.write_var_uint(content.length);
    case ContentKind::json:
    case ContentKind::any: out.write_var_uint(content.length); return out.write_bytes(content.bytes);
    case ContentKind::binary:
    case ContentKind::string:
    case ContentKind::embed: return out.write_var_bytes(content.bytes);
    case ContentKind::format:
    case ContentKind::type:
    case ContentKind::doc: return out.write_bytes(content.bytes);
  }
}

ContentParts split_content(ContentKind kind, BytesView bytes, std::uint64_t offset) {
  if (kind == ContentKind::gc || kind == ContentKind::deleted || kind == ContentKind::skip) return {};
  if (kind != ContentKind::string) {
    const std::size_t at = size_of_values(kind, bytes, offset);
    return {to_bytes(bytes.first(at)), to_bytes(bytes.subspan(at))};
  }
  const Utf16Position cut = find_utf16(as_text(bytes), offset);
  ContentParts parts{to_bytes(bytes.first(cut.byte)), {}};
  if (!cut.inside_pair) {
    parts.right = to_bytes(bytes.subspan(cut.byte));
    return parts;
  }
  const BytesView half = as_bytes(replacement_character);
  const BytesView rest = bytes.subspan(cut.byte + 4);  // a character of two units has four bytes
  parts.left.insert(parts.left.end(), half.begin(), half.end());
  parts.right.reserve(half.size() + rest.size());
  parts.right.assign(half.begin(), half.end());
  parts.right.insert(parts.right.end(), rest.begin(), rest.end());
  return parts;
}

Bytes content_from(ContentKind kind, BytesView bytes, std::uint64_t offset) {
  return split_content(kind, bytes, offset).right;
}

}  // namespace canvas::crdt
