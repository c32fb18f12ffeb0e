// Who made a block, and which of its elements is meant.
#pragma once

#include <compare>
#include <cstdint>

#include "lib0/reader.h"

namespace canvas::crdt {

// One writing session of one replica; chosen at random by it. At most 53 bits.
enum class ClientId : std::uint64_t {};

constexpr std::uint64_t value_of(ClientId client) {
  return static_cast<std::uint64_t>(client);
}

// Counts the elements that a client has made: the first has clock 0. At most 53 bits.
using Clock = std::uint64_t;

inline constexpr Clock max_clock = lib0::max_safe_integer;

// One element: a UTF-16 unit of text, an entry of an array, a type, ...
struct Id {
  ClientId client;
  Clock clock;
  friend auto operator<=>(const Id&, const Id&) = default;
};

// [clock, clock + length) of some client. clock + length is at most max_clock.
struct ClockRange {
  Clock clock;
  std::uint64_t length;
  Clock end() const { return clock + length; }
  friend bool operator==(const ClockRange&, const ClockRange&) = default;
};

// Reads a client id, a clock; a clock and a length whose end is a clock. On failure `in` is failed.
inline ClientId read_client(lib0::Reader& in) {
  return ClientId{in.read_var_uint()};
}

inline ClockRange read_clock_range(lib0::Reader& in, Clock clock) {
  const std::uint64_t length = in.read_var_uint();
  if (length > max_clock - clock) {
    in.fail("a clock is larger than 2^53 - 1");
    return {0, 0};
  }
  return {clock, length};
}

inline ClockRange read_clock_range(lib0::Reader& in) {
  const Clock clock = in.read_var_uint();
  return read_clock_range(in, clock);
}

}  // namespace canvas::crdt
