// Kinds of ASCII characters. Nothing depends on a locale.
#pragma once

namespace canvas {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace canvas
