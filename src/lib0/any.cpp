#include "lib0/any.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace canvas::lib0 {
namespace {

// A container whose values are still to come.
struct Open {
  std::uint64_t left;
  bool object;
};

template <class Unsigned>
Unsigned read_big_endian(Reader& in) {
  Unsigned bits = 0;
  for (const std::uint8_t byte : in.read_bytes(sizeof bits)) bits = static_cast<Unsigned>(bits << 8 | byte);
  return bits;
}

template <class Unsigned>
void write_big_endian(Writer& out, Unsigned bits) {
  for (unsigned shift = 8 * sizeof bits; shift > 0; shift -= 8) {
    out.write_u8(static_cast<std::uint8_t>(bits >> (shift - 8)));
  }
}

}  // namespace

void skip_any(Reader& in) {
  std::array<Open, max_any_depth> open;
  std::size_t depth = 0;
  do {
    if (depth > 0) {
      Open& innermost = open[depth - 1];
      if (innermost.left == 0) {
        --depth;
        continue;
      }
      --innermost.left;
      if (innermost.object) in.read_var_string();
    }
    const std::uint8_t tag = in.read_u8();
    if (in.failed()) return;
    switch (tag) {
      case 127:
      case 126:
      case 121:
      case 120: break;
      case 125: in.read_var_int(); break;
      case 124: in.read_bytes(4); break;
      case 123:
      case 122: in.read_bytes(8); break;
      case 119: in.read_var_string(); break;
      case 118:
      case 117:
        if (depth == max_any_depth) return in.fail("a value is nested too deeply");
        open[depth++] = {in.read_var_uint(), tag == 118};
        break;
      case 116:
        if (depth == max_any_depth) return in.fail("a value is nested too deeply");
        in.read_var_bytes();
        break;
      default: return in.fail("a value has an unknown type");
    }
  } while (depth > 0 && !in.failed());
}

std::optional<double> read_any_number(Reader& in) {
  Reader value = in;
  skip_any(in);
  if (in.failed()) return std::nullopt;
  switch (value.read_u8()) {
    case 125: {
      const Reader::SignedInteger integer = value.read_var_int();
      const auto magnitude = static_cast<double>(integer.magnitude);
      return integer.negative ? -magnitude : magnitude;
    }
    case 124: return static_cast<double>(std::bit_cast<float>(read_big_endian<std::uint32_t>(value)));
    case 123: return std::bit_cast<double>(read_big_endian<std::uint64_t>(value));
    default: return std::nullopt;
  }
}

void write_any_number(Writer& out, double value) {
  constexpr double largest_integer = 0x7fffffff;
  if (std::abs(value) <= largest_integer && std::trunc(value) == value) {
    out.write_u8(125);
    return out.write_var_int(std::signbit(value), static_cast<std::uint64_t>(std::abs(value)));
  }
  // A finite value past the range of float would be undefined to convert.
  const bool fits = !std::isfinite(value) || std::abs(value) <= std::numeric_limits<float>::max();
  const auto single = fits ? static_cast<float>(value) : 0.0f;
  if (static_cast<double>(single) == value) {
    out.write_u8(124);
    return write_big_endian(out, std::bit_cast<std::uint32_t>(single));
  }
  out.write_u8(123);
  write_big_endian(out, std::bit_cast<std::uint64_t>(value));
}

}  // namespace canvas::lib0
