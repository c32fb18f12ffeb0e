// Numbers that update v1 and v2 share.
#pragma once

#include <cstdint>

#include "crdt/wire_block.h"

namespace canvas::crdt {

// The info byte of a block.
inline constexpr std::uint8_t kind_bits = 0x1f;
inline constexpr std::uint8_t has_origin = 0x80;
inline constexpr std::uint8_t has_right_origin = 0x40;
inline constexpr std::uint8_t has_parent_sub = 0x20;

constexpr std::uint8_t info_of(const WireBlock& block) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(block.kind) | (block.origin ? has_origin : 0u) |
                                   (block.right_origin ? has_right_origin : 0u) |
                                   (block.in_map ? has_parent_sub : 0u));
}

// Type references of Yjs: Array, Map, Text, XmlElement, XmlFragment, XmlHook, XmlText. Those of XmlElement
// and XmlHook have a name.
inline constexpr std::uint64_t last_type_reference = 6;
constexpr bool is_named_type(std::uint64_t reference) {
  return reference == 3 || reference == 5;
}

// The literal that stands among JSON values for JavaScript's `undefined`.
inline constexpr const char* undefined_json = "undefined";

// The tag of an Any object.
inline constexpr std::uint8_t any_object_tag = 118;

}  // namespace canvas::crdt
