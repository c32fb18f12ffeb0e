#include "crdt/stored_block.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "crdt/var_uint_internal.h"
#include "crdt/wire_format_internal.h"
#include "lib0/any.h"

namespace canvas::crdt {
namespace {

constexpr BytesView::value_type replacement_bytes[] = {0xef, 0xbf, 0xbd};
constexpr BytesView replacement_character(replacement_bytes);

const std::uint8_t* skip_string(const std::uint8_t* at) {
  const VarUint size = known_var_uint(at);
  return size.end + size.value;
}

const std::uint8_t* skip_parent(const std::uint8_t* at, const std::uint8_t* limit, std::uint8_t info) {
  at = *at == 1 ? skip_string(at + 1) : skip_id(at + 1, limit);
  return (info & StoredInfo::in_map_bit) != 0 ? skip_string(at) : at;
}

const std::uint8_t* skip_any_value(const std::uint8_t* at, const std::uint8_t* limit) {
  switch (*at) {
    case 127:
    case 126:
    case 121:
    case 120: return at + 1;
    case 125: return skip_var_uint(at + 1);
    case 124: return at + 5;
    case 123:
    case 122: return at + 9;
    case 119:
    case 116: return skip_string(at + 1);
    default: break;
  }
  lib0::Reader in({at, limit});
  lib0::skip_any(in);
  return at + in.position();
}

const std::uint8_t* skip_values(const std::uint8_t* at, const std::uint8_t* limit, ContentKind kind,
                                std::uint64_t count) {
  for (; count > 0; --count) at = kind == ContentKind::any ? skip_any_value(at, limit) : skip_string(at);
  return at;
}

const std::uint8_t* skip_type(const std::uint8_t* at) {
  const VarUint reference = known_var_uint(at);
  return is_named_type(reference.value) ? skip_string(reference.end) : reference.end;
}

// `end` is null where it is not known.
StoredBlock read_content(const StoredHead& head, const std::uint8_t* limit, const std::uint8_t* end) {
  const auto counted = [&](VarUint first, const std::uint8_t* behind, std::uint64_t length) {
    return StoredBlock{head, first.end, behind, length};
  };
  const auto whole = [&](const std::uint8_t* behind) { return StoredBlock{head, head.content, behind, 1}; };
  const ContentKind kind = head.kind();
  switch (kind) {
    case ContentKind::gc:
    case ContentKind::deleted:
    case ContentKind::skip: {
      const VarUint length = known_var_uint(head.content);
      return counted(length, length.end, length.value);
    }
    case ContentKind::string: {
      const VarUint size = known_var_uint(head.content);
      const BytesView text(size.end, size.value);
      return counted(size, size.end + size.value, utf16_length(as_text(text)));
    }
    case ContentKind::json:
    case ContentKind::any: {
      const VarUint count = known_var_uint(head.content);
      return counted(count, end != nullptr ? end : skip_values(count.end, limit, kind, count.value),
                     count.value);
    }
    case ContentKind::binary:
    case ContentKind::embed: {
      const VarUint size = known_var_uint(head.content);
      return counted(size, size.end + size.value, 1);
    }
    case ContentKind::format: return whole(skip_string(skip_string(head.content)));
    case ContentKind::type: return whole(skip_type(head.content));
    case ContentKind::doc: break;
  }
  return whole(end != nullptr ? end : skip_any_value(skip_string(head.content), limit));
}

// The head of a part of `whole` that does not begin where it begins.
void append_later_head(StoredBytes& out, const PlacedBlock& whole, ContentKind kind, Clock from) {
  const auto kind_byte = static_cast<std::uint8_t>(kind);
  if (kind == ContentKind::gc) return out.append(kind_byte);
  constexpr unsigned kept = StoredInfo::right_origin_bit | StoredInfo::in_map_bit;
  out.append(static_cast<std::uint8_t>(kind_byte | StoredInfo::origin_bit | (whole.block.info & kept)));
  out.append_var_uint(value_of(whole.id.client));
  out.append_var_uint(from - 1);
  out.append(whole.block.right_origin_bytes());
}

// Whether the number before the payload is its size.
bool is_counted_in_bytes(ContentKind kind) {
  return kind == ContentKind::string || kind == ContentKind::binary || kind == ContentKind::embed;
}

}  // namespace

StoredHead read_stored_head(const std::uint8_t* at, const std::uint8_t* limit) {
  const std::uint8_t info = *at;
  StoredHead head{{info}, at, at + 1, at + 1};
  if (head.kind() == ContentKind::gc) return head;
  if (head.has_origin()) head.right_origin = skip_id(head.right_origin, limit);
  head.content = head.right_origin;
  if (head.has_right_origin()) {
    head.content = skip_id(head.right_origin, limit);
  } else if (!head.has_origin()) {
    head.content = skip_parent(head.right_origin, limit, info);
  }
  return head;
}

StoredBlock read_stored_block(const std::uint8_t* at, const std::uint8_t* limit) {
  return read_content(read_stored_head(at, limit), limit, nullptr);
}

StoredBlock read_last_stored_block(const std::uint8_t* at, const std::uint8_t* end) {
  return read_content(read_stored_head(at, end), end, end);
}

BlockExtent read_extent(const std::uint8_t* at, const std::uint8_t* limit) {
  const std::uint8_t info = *at;
  // Nearly all are items with an origin, with text or a value, or without either.
  if ((info & StoredInfo::origin_bit) != 0) {
    const std::uint8_t* content = skip_id(at + 1, limit);
    if ((info & StoredInfo::right_origin_bit) != 0) content = skip_id(content, limit);
    const auto kind = static_cast<ContentKind>(info & StoredInfo::kind_bits);
    if (kind == ContentKind::deleted) {
      const VarUint length = known_var_uint(content);
      return {length.end, length.value};
    }
    if (kind == ContentKind::string) {
      if (content[0] == 1) return {content + 2, 1};
      const VarUint size = known_var_uint(content);
      return {size.end + size.value, utf16_length(as_text(BytesView(size.end, size.value)))};
    }
    if (kind == ContentKind::any && content[0] == 1) return {skip_any_value(content + 1, limit), 1};
  }
  const StoredBlock block = read_stored_block(at, limit);
  return {block.end, block.length};
}

bool can_join(const StoredHead& left, const StoredHead& right, Id right_id) {
  if (!can_join_if_adjacent(left, right)) return false;
  if (right.kind() == ContentKind::gc) return true;
  if (!right.has_origin()) return false;
  const VarUint client = known_var_uint(right.begin + 1);
  return client.value == value_of(right_id.client) && known_var_uint(client.end).value + 1 == right_id.clock;
}

bool can_join_if_adjacent(const StoredHead& left, const StoredHead& right) {
  const ContentKind kind = left.kind();
  if (kind != right.kind() || !is_divisible(kind)) return false;
  if (kind == ContentKind::gc) return true;
  // Entries of a map are overwritten one by one: joining those that live would be undone at once.
  if (left.in_map() != right.in_map() || (left.in_map() && kind != ContentKind::deleted)) return false;
  return std::ranges::equal(left.right_origin_bytes(), right.right_origin_bytes());
}

std::size_t ContentSlice::size() const {
  return bytes.size() + (begins_with_half ? replacement_character.size() : 0) +
         (ends_with_half ? replacement_character.size() : 0);
}

ContentCutter::ContentCutter(const StoredBlock& block) : kind_(block.kind()), rest_(block.payload_bytes()) {}

ContentSlice ContentCutter::take(std::uint64_t count) {
  if (rest_.empty() && !inside_pair_) return {{}, false, false};
  if (kind_ == ContentKind::string) return take_text(count);
  const std::uint8_t* end = rest_.data() + rest_.size();
  const std::uint8_t* cut = is_divisible(kind_) ? skip_values(rest_.data(), end, kind_, count) : end;
  const ContentSlice slice{{rest_.data(), cut}, false, false};
  rest_ = {cut, end};
  return slice;
}

ContentSlice ContentCutter::take_text(std::uint64_t count) {
  if (count == 0) return {{}, false, false};
  const bool begins_with_half = std::exchange(inside_pair_, false);
  const Utf16Position cut = find_utf16(as_text(rest_), count - (begins_with_half ? 1 : 0));
  const ContentSlice slice{rest_.first(cut.byte), begins_with_half, cut.inside_pair};
  inside_pair_ = cut.inside_pair;
  rest_ = rest_.subspan(cut.byte + (cut.inside_pair ? 4 : 0));  // a character of two units has four bytes
  return slice;
}

std::uint64_t count_values(const StoredBlock& block, const std::uint8_t* limit) {
  std::uint64_t count = 0;
  for (const std::uint8_t* at = block.payload; count < block.length; ++count) {
    at = skip_values(at, block.end, block.kind(), 1);
    if (at > limit) break;
  }
  return count;
}

std::size_t append_part(StoredBytes& out, const PlacedBlock& whole, Clock from, Clock to) {
  const StoredBlock& block = whole.block;
  if (from == whole.id.clock && to == whole.end()) {
    out.append(block.bytes());
    return block.payload_bytes().size();
  }
  ContentCutter content(block);
  content.take(from - whole.id.clock);
  return append_part(out, whole, from, to, content.take(to - from));
}

std::size_t append_part(StoredBytes& out, const PlacedBlock& whole, Clock from, Clock to,
                        const ContentSlice& slice) {
  const StoredBlock& block = whole.block;
  assert(is_divisible(block.kind()) || to - from == block.length);
  if (from == whole.id.clock) {
    out.append({block.begin, block.content});
  } else {
    append_later_head(out, whole, block.kind(), from);
  }
  if (block.content != block.payload) {
    out.append_var_uint(is_counted_in_bytes(block.kind()) ? slice.size() : to - from);
  }
  if (slice.begins_with_half) out.append(replacement_character);
  out.append(slice.bytes);
  if (slice.ends_with_half) out.append(replacement_character);
  return slice.size();
}

void append_deleted_part(StoredBytes& out, const PlacedBlock& whole, Clock from, Clock to) {
  const StoredBlock& block = whole.block;
  if (from == whole.id.clock) {
    constexpr unsigned kept = StoredInfo::origin_bit | StoredInfo::right_origin_bit | StoredInfo::in_map_bit;
    out.append(static_cast<std::uint8_t>(static_cast<unsigned>(ContentKind::deleted) | (block.info & kept)));
    out.append({block.begin + 1, block.content});
  } else {
    append_later_head(out, whole, ContentKind::deleted, from);
  }
  out.append_var_uint(to - from);
}

StoredBlock make_length(std::uint64_t length) {
  return {{{0}, nullptr, nullptr, nullptr}, nullptr, nullptr, length};
}

void append_joined(StoredBytes& out, std::size_t last, const StoredBlock& right) {
  const StoredHead head = read_stored_head(out.data() + last, out.data() + out.size());
  const VarUint old = known_var_uint(head.content);
  const auto number_at = static_cast<std::size_t>(head.content - out.data());
  const auto number_end = static_cast<std::size_t>(old.end - out.data());
  const std::uint64_t number =
      old.value + (head.kind() == ContentKind::string ? right.payload_bytes().size() : right.length);
  if (number < 0x80) {
    out.data()[number_at] = static_cast<std::uint8_t>(number);
  } else {
    out.replace(number_at, number_end, EncodedVarUint(number).view());
  }
  out.append(right.payload_bytes());
}

}  // namespace canvas::crdt
