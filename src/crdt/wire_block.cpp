#include "crdt/wire_block.h"

#include "crdt/wire_format_internal.h"

namespace canvas::crdt {
namespace {

Id read_id(lib0::Reader& in) {
  const ClientId client = read_client(in);
  return {client, in.read_var_uint()};
}

Parent read_parent(lib0::Reader& in) {
  if (in.read_var_uint() == 1) return {in.read_var_string(), {}};
  return {std::nullopt, read_id(in)};
}

// A block may refer only to elements of its client that are older than itself.
bool is_from_the_future(const Id& reference, const Id& block) {
  return reference.client == block.client && reference.clock >= block.clock;
}

void read_references(lib0::Reader& in, std::uint8_t info, WireBlock& block) {
  if ((info & has_origin) != 0) block.origin = read_id(in);
  if ((info & has_right_origin) != 0) block.right_origin = read_id(in);
  block.in_map = (info & has_parent_sub) != 0;
  if (!block.origin && !block.right_origin) {
    block.parent = read_parent(in);
    if (block.in_map) block.parent_sub = in.read_var_string();
  }
  if (!in.failed() && refers_to_the_future(block)) in.fail("a block refers to one that is made after it");
}

void write_id(lib0::Writer& out, const Id& id) {
  out.write_var_uint(value_of(id.client));
  out.write_var_uint(id.clock);
}

}  // namespace

bool refers_to_the_future(const WireBlock& block) {
  return (block.origin && is_from_the_future(*block.origin, block.id)) ||
         (block.right_origin && is_from_the_future(*block.right_origin, block.id)) ||
         (block.parent && !block.parent->root_name && is_from_the_future(block.parent->id, block.id));
}

WireBlock read_block(lib0::Reader& in, ClientId client, Clock clock) {
  WireBlock block{};
  block.id = {client, clock};
  const std::uint8_t info = in.read_u8();
  if ((info & kind_bits) > last_content_kind) {
    in.fail("a block has an unknown content");
    return block;
  }
  block.kind = ContentKind{static_cast<std::uint8_t>(info & kind_bits)};
  if (block.kind != ContentKind::gc && block.kind != ContentKind::skip) read_references(in, info, block);
  block.content = read_content(in, block.kind);
  if (block.content.length > max_clock - clock) in.fail("a clock is larger than 2^53 - 1");
  return block;
}

void write_block(lib0::Writer& out, const WireBlock& block) {
  if (block.kind == ContentKind::gc || block.kind == ContentKind::skip) {
    out.write_u8(static_cast<std::uint8_t>(block.kind));
    out.write_var_uint(block.length());
    return;
  }
  out.write_u8(info_of(block));
  if (block.origin) write_id(out, *block.origin);
  if (block.right_origin) write_id(out, *block.right_origin);
  if (!block.origin && !block.right_origin) {
    out.write_var_uint(block.parent->root_name ? 1 : 0);
    if (block.parent->root_name) {
      out.write_var_string(*block.parent->root_name);
    } else {
      write_id(out, block.parent->id);
    }
    if (block.in_map) out.write_var_string(*block.parent_sub);
  }
  write_content(out, block.kind, block.content);
}

}  // namespace canvas::crdt
