#include "load/author.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "lib0/any.h"

namespace canvas::load {
namespace {

constexpr std::string_view notes_root = "notes";
constexpr std::string_view shapes_root = "shapes";
constexpr std::string_view diagram_root = "diagram-xml";
constexpr std::string_view diagram_begin = "<mxGraphModel version=\"";
constexpr std::string_view diagram_middle = "\"><root><mxCell id=\"0\"/><mxCell id=\"1\" parent=\"0\"/>";
constexpr std::string_view diagram_end = "</root></mxGraphModel>";
constexpr std::string_view letters = "the quick brown fox jumps over the lazy dog ";

Bytes finish(crdt::ClientId client, crdt::Clock begin, std::span<const crdt::WireBlock> blocks,
             const crdt::DeleteSet& deleted) {
  lib0::Writer out;
  out.write_var_uint(1);  // sections
  out.write_var_uint(blocks.size());
  out.write_var_uint(crdt::value_of(client));
  out.write_var_uint(begin);
  for (const crdt::WireBlock& block : blocks) crdt::write_block(out, block);
  deleted.write(out);
  return out.take();
}

crdt::WireBlock string_block(crdt::Id id, std::string_view ascii) {
  crdt::WireBlock block{};
  block.id = id;
  block.kind = crdt::ContentKind::string;
  block.content = {ascii.size(), as_bytes(ascii)};
  return block;
}

crdt::WireBlock number_block(crdt::Id id, BytesView number, std::string_view key,
                             std::optional<crdt::Id> before) {
  crdt::WireBlock block{};
  block.id = id;
  block.kind = crdt::ContentKind::any;
  block.in_map = true;
  block.content = {1, number};
  block.origin = before;
  if (before) return block;
  block.parent = crdt::Parent{shapes_root, {}};
  block.parent_sub = key;
  return block;
}

Bytes any_number(std::uint32_t value) {
  lib0::Writer out;
  lib0::write_any_number(out, value);
  return out.take();
}

}  // namespace

Author::Update Author::make(Edit edit) {
  ++edits_;
  switch (edit) {
    case Edit::type: return type();
    case Edit::drag: return drag();
    case Edit::replace: return replace();
  }
  return {};
}

Author::Update Author::type() {
  crdt::WireBlock block = string_block({self_, next_}, letters.substr(edits_ % letters.size(), 1));
  if (last_typed_) {
    block.origin = crdt::Id{self_, *last_typed_};
  } else {
    block.parent = crdt::Parent{notes_root, {}};
  }
  last_typed_ = next_;
  Bytes bytes = finish(self_, next_, {&block, 1}, {});
  return {std::move(bytes), ++next_, {}};
}

Author::Update Author::drag() {
  const std::string key = std::to_string(crdt::value_of(self_));
  const std::string x_key = key + ".x";
  const std::string y_key = key + ".y";
  const Bytes x = any_number(edits_ * 7 % 1600);
  const Bytes y = any_number(edits_ * 5 % 900);
  std::optional<crdt::Id> last_x;
  std::optional<crdt::Id> last_y;
  crdt::DeleteSet deleted;
  if (last_place_) {
    last_x = crdt::Id{self_, *last_place_};
    last_y = crdt::Id{self_, *last_place_ + 1};
    deleted.add(self_, {*last_place_, 2});
  }
  const std::array blocks{number_block({self_, next_}, x, x_key, last_x),
                          number_block({self_, next_ + 1}, y, y_key, last_y)};
  Bytes bytes = finish(self_, next_, blocks, deleted);
  last_place_ = next_;
  next_ += 2;
  return {std::move(bytes), next_, std::move(deleted)};
}

// As `text.delete(0, text.length); text.insert(0, xml)` does: the new text goes before all that is there.
Author::Update Author::replace() {
  const std::string text = diagram_text(diagram_bytes_, edits_);
  crdt::WireBlock block = string_block({self_, next_}, text);
  block.right_origin = head_;
  if (!head_) block.parent = crdt::Parent{diagram_root, {}};
  crdt::DeleteSet deleted;
  for (const Piece& piece : diagram_) deleted.add(piece.id.client, {piece.id.clock, piece.length});
  Bytes bytes = finish(self_, next_, {&block, 1}, deleted);
  head_ = block.id;
  diagram_.assign(1, {block.id, block.length()});
  next_ = block.end();
  return {std::move(bytes), next_, std::move(deleted)};
}

void Author::see(const crdt::WireBlock& block) {
  if (block.kind != crdt::ContentKind::string || block.id.client == self_) return;
  if (!as_text(block.content.bytes).starts_with(diagram_begin)) return;
  const bool is_known = std::any_of(diagram_.begin(), diagram_.end(),
                                    [&block](const Piece& piece) { return piece.id == block.id; });
  if (is_known) return;
  head_ = block.id;
  diagram_.push_back({block.id, block.length()});
}

void Author::see_deleted(crdt::ClientId client, crdt::ClockRange range) {
  std::erase_if(diagram_, [&](const Piece& piece) {
    return piece.id.client == client && range.clock <= piece.id.clock && piece.id.clock < range.end();
  });
}

std::string diagram_text(std::uint32_t bytes, std::uint32_t version) {
  std::string text(diagram_begin);
  text += std::to_string(version);
  text += diagram_middle;
  for (std::uint32_t number = 2;; ++number) {
    std::string cell = "<mxCell id=\"";
    cell += std::to_string(number);
    cell += "\" value=\"Step\" style=\"rounded=1;whiteSpace=wrap;html=1;\" vertex=\"1\" parent=\"1\"/>";
    if (text.size() + cell.size() + diagram_end.size() > bytes) break;
    text += cell;
  }
  const std::size_t size = text.size() + diagram_end.size();
  if (size < bytes) text.append(bytes - size, ' ');
  text += diagram_end;
  return text;
}

}  // namespace canvas::load
