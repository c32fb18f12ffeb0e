// Integers of lib0 in bytes that have been checked: no bound is looked at twice.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "lib0/var_uint.h"

namespace canvas::crdt {

// The integer that begins at `at`, and where it ends.
struct VarUint {
  std::uint64_t value;
  const std::uint8_t* end;
};
inline VarUint known_var_uint(const std::uint8_t* at) {
  std::uint64_t value = *at & 0x7fu;
  // Overlong forms pass the check: their zeros may lie beyond the word.
  for (unsigned shift = 7; *at >= 0x80; shift += 7) {
    const std::uint64_t bits = *++at & 0x7fu;
    if (shift < 64) value |= bits << shift;
  }
  return {value, at + 1};
}

inline const std::uint8_t* skip_var_uint(const std::uint8_t* at) {
  while (*at >= 0x80) ++at;
  return at + 1;
}

// Steps over an id, that is two integers. `limit` is where the readable bytes end.
inline const std::uint8_t* skip_id(const std::uint8_t* at, const std::uint8_t* limit) {
  if (limit - at >= 8) {
    const std::uint64_t first = ~lib0::load_word(at) & lib0::more_bits;
    if (const std::uint64_t second = first & (first - 1); second != 0) {
      return at + lib0::var_uint_end(second);
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
