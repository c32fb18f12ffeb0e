#include "base/terminal_text.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include "base/json_text.h"
#include "base/utf8.h"

namespace canvas {
namespace {

// Of a valid sequence.
char32_t decode(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return char32_t{static_cast<unsigned char>(sequence[i])}; };
  switch (sequence.size()) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
    case 3: return (byte(0) & 0xf) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    default: return (byte(0) & 7) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
  }
}

bool is_unsafe(char32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool is_separator = c == 0x2028 || c == 0x2029;
  const bool turns_direction = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                               (c >= 0x2066 && c <= 0x2069);
  return is_control || is_separator || turns_direction || c == 0xfeff;
}

template <class... Args>
void append_formatted(std::string& out, const char* format, Args... args) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), format, args...);
  out += text.data();
}

// Copies what is safe; `escape` is given the rest, one valid sequence or one bad byte at a time.
template <class Escape>
std::string escaped(std::string_view text, Escape&& escape) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_unsafe(decode(sequence))) {
      escape(out, sequence, length != 0);
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

void escape_for_people(std::string& out, std::string_view sequence, bool is_valid) {
  if (is_valid) {
    append_formatted(out, "\\u{%x}", static_cast<unsigned>(decode(sequence)));
  } else {
    append_formatted(out, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(sequence[0])));
  }
}

}  // namespace

std::string printable(std::string_view text) {
  return escaped(text, escape_for_people);
}

std::string printable_lines(std::string_view text) {
  return escaped(text, [](std::string& out, std::string_view sequence, bool is_valid) {
    if (sequence == "\n") {
      out += '\n';
    } else {
      escape_for_people(out, sequence, is_valid);
    }
  });
}

std::string printable_json_string(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  // What is left to escape lies in the basic plane.
  return escaped(quoted, [](std::string& out, std::string_view sequence, bool) {
    append_formatted(out, "\\u%04x", static_cast<unsigned>(decode(sequence)));
  });
}

}  // namespace canvas
