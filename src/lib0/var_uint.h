// How lib0 writes unsigned integers: seven bits a byte, lowest first, the highest bit says that more follow.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace canvas::lib0 {

// Set in every byte of a word that is not the last of an integer.
inline constexpr std::uint64_t more_bits = 0x8080808080808080u;

// Eight bytes as a word, the first lowest.
inline std::uint64_t load_word(const std::uint8_t* at) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

// The integer in the bytes of a word, of which those behind its last one are zero.
constexpr std::uint64_t unpack_var_uint(std::uint64_t word) {
  word = (word & 0x7f007f007f007f00u) >> 1 | (word & 0x007f007f007f007fu);
  word = (word & 0x3fff00003fff0000u) >> 2 | (word & 0x00003fff00003fffu);
  return (word & 0x0fffffff00000000u) >> 4 | (word & 0x000000000fffffffu);
}

// How many bytes the first integer of a word has, by the bits that end one (~word & more_bits, not 0).
constexpr unsigned var_uint_end(std::uint64_t ends) {
  return static_cast<unsigned>(std::countr_zero(ends)) / 8 + 1;
}

}  // namespace canvas::lib0
