// Integers of lib0 in bytes that have been checked: no bound is looked at twice.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "crdt/id.h"

namespace canvas::crdt {

inline constexpr std::uint64_t last_byte_bits = 0x8080808080808080u;

// Eight bytes as a word, the first lowest.
inline std::uint64_t load_word(const std::uint8_t* at) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

// A varUint of at most eight bytes: takes the continue bits out of `word` and closes the gaps.
inline std::uint64_t pack_sevens(std::uint64_t word) {
  word = (word & 0x7f007f007f007f00u) >> 1 | (word & 0x007f007f007f007fu);
  word = (word & 0x3fff00003fff0000u) >> 2 | (word & 0x00003fff00003fffu);
  return (word & 0x0fffffff00000000u) >> 4 | (word & 0x000000000fffffffu);
}

// The integer that begins at `at`, and where it ends.
struct VarUint {
  std::uint64_t value;
  const std::uint8_t* end;
};
inline VarUint known_var_uint(const std::uint8_t* at) {
  std::uint64_t value = *at & 0x7fu;
  for (unsigned shift = 7; *at >= 0x80; shift += 7) value |= std::uint64_t{*++at & 0x7fu} << shift;
  return {value, at + 1};
}

inline const std::uint8_t* skip_var_uint(const std::uint8_t* at) {
  while (*at >= 0x80) ++at;
  return at + 1;
}

// Steps over an id, that is two integers. `limit` is where the readable bytes end.
inline const std::uint8_t* skip_id(const std::uint8_t* at, const std::uint8_t* limit) {
  if (limit - at >= 8) {
    const std::uint64_t first = ~load_word(at) & last_byte_bits;
    if (const std::uint64_t second = first & (first - 1); second != 0) {
      return at + std::countr_zero(second) / 8 + 1;
    }
  }
  return skip_var_uint(skip_var_uint(at));
}

// The bytes of a varUint.
class EncodedVarUint {
public:
  explicit EncodedVarUint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_[size_++] = static_cast<std::uint8_t>(value | 0x80);
    bytes_[size_++] = static_cast<std::uint8_t>(value);
  }
  BytesView view() const { return {bytes_.data(), size_}; }

private:
  std::array<std::uint8_t, 10> bytes_;
  std::size_t size_ = 0;
};

}  // namespace canvas::crdt
