// The little of WebSocket (RFC 6455) that the relay and the load generator need.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace canvas::load {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

using Mask = std::array<std::uint8_t, 4>;

struct FrameHeader {
  bool is_final;
  Opcode opcode;
  std::optional<Mask> mask;
  std::uint64_t payload_size;
  std::size_t size;  // of the header itself
};

// None until all of the header is there.
std::optional<FrameHeader> read_frame_header(BytesView bytes);

// The header of an unfragmented frame.
void append_frame_header(Bytes& out, Opcode opcode, std::size_t payload_size, std::optional<Mask> mask);

// Masks and unmasks.
void apply_mask(std::span<std::uint8_t> payload, Mask mask);

// What a server answers to a client's Sec-WebSocket-Key.
std::string accept_key(std::string_view client_key);

// The value of a header of an HTTP head, without the blanks around it; `name` in lower case. Empty when it is
// not there.
std::string_view header_value(std::string_view head, std::string_view name);

// How long the HTTP head at the beginning of `bytes` is, with the empty line that ends it; 0 until all of it
// is there.
std::size_t http_head_size(std::string_view bytes);

}  // namespace canvas::load
