#include "store/author.h"

#include <array>
#include <utility>

#include "crdt/delete_set.h"

namespace canvas::bench {
namespace {

constexpr std::string_view text_name = "text";
constexpr std::string_view shapes_name = "shapes";
constexpr std::uint32_t shortest_run = 4;
constexpr std::uint32_t longest_run = 40;
constexpr std::uint32_t canvas_size = 4000;

enum AnyTag : std::uint8_t { any_integer = 125, any_object = 118 };

// lib0's varInt, of numbers that are not negative.
void write_integer(lib0::Writer& out, std::uint32_t value) {
  out.write_u8(any_integer);
  out.write_u8(static_cast<std::uint8_t>((value > 0x3f ? 0x80 : 0) | (value & 0x3f)));
  if (value > 0x3f) out.write_var_uint(value >> 6);
}

}  // namespace

Bytes Author::next() {
  const std::uint32_t choice = below(10);
  if (choice < 3) return move_shape();
  if (choice == 3 && !runs_.empty() && runs_.back().end - runs_.back().begin > 1) return take_back();
  return type();
}

Bytes Author::type() {
  if (left_in_run_ == 0 || runs_.back().end != clock_) begin_run();
  --left_in_run_;
  const std::array<char, 1> character{static_cast<char>('a' + below(26))};
  crdt::WireBlock block{};
  block.id = {self_, clock_};
  block.kind = crdt::ContentKind::string;
  block.content = {1, as_bytes({character.data(), character.size()})};
  block.origin = origin_;
  block.right_origin = right_origin_;
  if (!origin_ && !right_origin_) block.parent = crdt::Parent{text_name, {}};
  origin_ = block.id;
  runs_.back().end = ++clock_;
  return update(block);
}

// Typing goes on behind the last character: where a run was broken off by a shape, its text does not.
void Author::begin_run() {
  if (left_in_run_ == 0) {
    left_in_run_ = shortest_run + below(longest_run - shortest_run);
    if (!runs_.empty()) {
      const Run& run = runs_[below(static_cast<std::uint32_t>(runs_.size()))];
      const crdt::Clock place = run.begin + below(static_cast<std::uint32_t>(run.end - run.begin));
      origin_ = crdt::Id{self_, place};
      right_origin_.reset();
      if (place + 1 < run.end) right_origin_ = crdt::Id{self_, place + 1};
    }
  }
  runs_.push_back({clock_, clock_});
}

Bytes Author::take_back() {
  const crdt::Clock last = --runs_.back().end;
  origin_ = crdt::Id{self_, last - 1};
  lib0::Writer out(16);
  out.write_var_uint(0);  // sections
  crdt::DeleteSet deleted;
  deleted.add(self_, {last, 1});
  deleted.write(out);
  return out.take();
}

Bytes Author::move_shape() {
  const std::uint32_t number = below(shapes);
  Shape& shape = shapes_[number];
  const std::string key = "shape-" + std::to_string(number);
  lib0::Writer value(40);
  value.write_u8(any_object);
  value.write_var_uint(4);
  for (const std::string_view name : {"x", "y", "width", "height"}) {
    value.write_var_string(name);
    write_integer(value, below(canvas_size));
  }
  crdt::WireBlock block{};
  block.id = {self_, clock_};
  block.kind = crdt::ContentKind::any;
  block.in_map = true;
  block.content = {1, value.bytes()};
  if (shape.is_there) {
    block.origin = crdt::Id{self_, shape.clock};
    deleted_ = crdt::ClockRange{shape.clock, 1};
  } else {
    block.parent = crdt::Parent{shapes_name, {}};
    block.parent_sub = key;
  }
  shape = {true, clock_++};
  return update(block);
}

Bytes Author::update(const crdt::WireBlock& block) {
  lib0::Writer out(128);
  out.write_var_uint(1);  // sections
  out.write_var_uint(1);  // blocks
  out.write_var_uint(crdt::value_of(self_));
  out.write_var_uint(block.id.clock);
  crdt::write_block(out, block);
  crdt::DeleteSet deleted;
  if (deleted_) deleted.add(self_, *std::exchange(deleted_, std::nullopt));
  deleted.write(out);
  return out.take();
}

}  // namespace canvas::bench
