#include "crdt/update_v2_writer.h"

#include <cassert>

#include "crdt/wire_format_internal.h"
#include "lib0/any_json.h"

namespace canvas::crdt {

void UpdateV2Writer::write(const WireBlock& block) {
  if (block_count_ > 0 && block.id != next_) end_section();
  if (block_count_ == 0) {
    clients_.write(value_of(block.id.client));
    blocks_.write_var_uint(block.id.clock);
  }
  if (block.kind == ContentKind::gc || block.kind == ContentKind::skip) {
    infos_.write(static_cast<std::uint8_t>(block.kind));
  } else {
    infos_.write(info_of(block));
    write_references(block);
  }
  write_content(block.kind, block.content);
  ++block_count_;
  next_ = {block.id.client, block.end()};
}

Result<Bytes> UpdateV2Writer::finish(const WireDeleteSet& deleted) {
  end_section();
  lib0::Writer out(sections_.size() + 1024);
  out.write_var_uint(0);  // no features
  out.write_var_bytes(key_clocks_.finish());
  out.write_var_bytes(clients_.finish());
  out.write_var_bytes(left_clocks_.finish());
  out.write_var_bytes(right_clocks_.finish());
  out.write_var_bytes(infos_.finish());
  out.write_var_bytes(strings_.finish());
  out.write_var_bytes(parent_infos_.finish());
  out.write_var_bytes(type_references_.finish());
  out.write_var_bytes(lengths_.finish());
  out.write_var_uint(section_count_);
  out.write_bytes(sections_.bytes());
  deleted.write_v2(out);
  if (!left_clocks_.fits() || !right_clocks_.fits()) {
    return Error{Errc::unsupported, "clocks are too far apart for update format v2"};
  }
  return out.take();
}

void UpdateV2Writer::end_section() {
  if (block_count_ == 0) return;
  sections_.write_var_uint(block_count_);
  sections_.write_bytes(blocks_.bytes());
  ++section_count_;
  blocks_.clear();
  block_count_ = 0;
}

void UpdateV2Writer::write_references(const WireBlock& block) {
  const auto write_left_id = [this](const Id& id) {
    clients_.write(value_of(id.client));
    left_clocks_.write(id.clock);
  };
  if (block.origin) write_left_id(*block.origin);
  if (block.right_origin) {
    clients_.write(value_of(block.right_origin->client));
    right_clocks_.write(block.right_origin->clock);
  }
  if (block.origin || block.right_origin) return;
  parent_infos_.write(block.parent->root_name ? 1 : 0);
  if (block.parent->root_name) {
    strings_.write(*block.parent->root_name);
  } else {
    write_left_id(block.parent->id);
  }
  if (block.in_map) strings_.write(*block.parent_sub);
}

void UpdateV2Writer::write_content(ContentKind kind, Content content) {
  switch (kind) {
    case ContentKind::skip: return blocks_.write_var_uint(content.length);
    case ContentKind::gc:
    case ContentKind::deleted: return lengths_.write(content.length);
    case ContentKind::json: lengths_.write(content.length); return write_json_values(content.bytes);
    case ContentKind::binary: return blocks_.write_var_bytes(content.bytes);
    case ContentKind::string: return strings_.write(as_text(content.bytes), content.length);
    case ContentKind::embed: return write_json(as_text(content.bytes));
    case ContentKind::format: {
      lib0::Reader format(content.bytes);
      write_key(as_text(format.read_var_bytes()));
      return write_json(as_text(format.read_var_bytes()));
    }
    case ContentKind::type: return write_type(content.bytes);
    case ContentKind::any: lengths_.write(content.length); return blocks_.write_bytes(content.bytes);
    case ContentKind::doc: return write_doc(content.bytes);
  }
}

void UpdateV2Writer::write_json_values(BytesView values) {
  lib0::Reader in(values);
  while (!in.at_end()) {
    const std::string_view text = as_text(in.read_var_bytes());
    if (text == undefined_json) {
      strings_.write(text);
    } else {
      strings_.write(lib0::normalize_json(text));
    }
  }
}

void UpdateV2Writer::write_type(BytesView type) {
  lib0::Reader in(type);
  const std::uint64_t reference = in.read_var_uint();
  type_references_.write(reference);
  if (is_named_type(reference)) write_key(as_text(in.read_var_bytes()));
}

void UpdateV2Writer::write_doc(BytesView doc) {
  lib0::Reader in(doc);
  strings_.write(as_text(in.read_var_bytes()));
  blocks_.write_bytes(in.read_bytes(in.remaining()));
}

// Yjs gives every key a number of its own, also one that it has written before.
void UpdateV2Writer::write_key(std::string_view key) {
  key_clocks_.write(key_count_++);
  strings_.write(key);
}

void UpdateV2Writer::write_json(std::string_view json) {
  const Result<void> written = lib0::write_json_as_any(json, blocks_);
  assert(written.has_value());  // whoever reads a block checks its JSON
  static_cast<void>(written);
}

}  // namespace canvas::crdt
