// What a benchmark's update says about itself, in the text that it inserts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "append/parts.h"

namespace canvas::bench {

struct Stamp {
  std::uint32_t sequence;  // counts the updates of one client
  Nanoseconds due;         // when the update was to be sent, which is not later than when it was
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

// Two hexadecimal numbers, each with a blank behind it.
inline constexpr std::size_t stamp_bytes = 8 + 1 + 16 + 1;

// Fills all of `text`, which has room for a stamp, with ASCII: one UTF-16 unit a byte.
void write_stamp(std::span<char> text, const Stamp& stamp);

// Reads the stamp that `text` begins with, and checks the filling behind it. None when the text is another.
std::optional<Stamp> read_stamp(std::string_view text);

}  // namespace canvas::bench
