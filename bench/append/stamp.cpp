#include "append/stamp.h"

#include <algorithm>
#include <cassert>

namespace canvas::bench {
namespace {

constexpr char filling = '.';

void write_hex(std::span<char> digits, std::uint64_t value) {
  for (std::size_t i = digits.size(); i > 0; --i, value >>= 4)
    digits[i - 1] = "0123456789abcdef"[value & 0xf];
}

std::optional<std::uint64_t> read_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const bool is_letter = c >= 'a' && c <= 'f';
    if (!is_letter && (c < '0' || c > '9')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(is_letter ? c - 'a' + 10 : c - '0');
  }
  return value;
}

}  // namespace

void write_stamp(std::span<char> text, const Stamp& stamp) {
  assert(text.size() >= stamp_bytes);
  write_hex(text.first(8), stamp.sequence);
  text[8] = ' ';
  write_hex(text.subspan(9, 16), static_cast<std::uint64_t>(stamp.due));
  text[25] = ' ';
  std::fill(text.begin() + stamp_bytes, text.end(), filling);
}

std::optional<Stamp> read_stamp(std::string_view text) {
  if (text.size() < stamp_bytes || text[8] != ' ' || text[25] != ' ') return std::nullopt;
  const std::optional<std::uint64_t> sequence = read_hex(text.substr(0, 8));
  const std::optional<std::uint64_t> due = read_hex(text.substr(9, 16));
  const bool is_filled = text.find_first_not_of(filling, stamp_bytes) == std::string_view::npos;
  if (!sequence || !due || !is_filled) return std::nullopt;
  return Stamp{static_cast<std::uint32_t>(*sequence), static_cast<Nanoseconds>(*due)};
}

}  // namespace canvas::bench
