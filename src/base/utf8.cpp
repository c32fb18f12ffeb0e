#include "base/utf8.h"

#include <cassert>
#include <cstdint>
#include <cstring>

namespace canvas {
namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

bool eight_ascii(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, 8);
  return (word & 0x8080808080808080u) == 0;
}

constexpr std::uint64_t low_bits = 0x0101010101010101u;

// Of bytes that are 0 or 1.
std::size_t sum_of_bytes(std::uint64_t word) {
  return static_cast<std::size_t>(word * low_bits >> 56);
}

// Bytes and units of a character by its first byte; the text is valid.
std::size_t bytes_of(char first) {
  const auto lead = static_cast<unsigned char>(first);
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = bytes_of(text[0]);
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  // The first continuation byte rules out overlong forms (e0, f0), surrogates (ed) and what is past U+10FFFF
  // (f4).
  const auto second = static_cast<unsigned char>(text[1]);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  return length;
}

bool is_valid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && eight_ascii(text.data() + at)) {
      at += 8;
      continue;
    }
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = utf8_sequence_length(text.substr(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t at = 0;
  while (text.size() - at >= 32 && eight_ascii(text.data() + at) && eight_ascii(text.data() + at + 8) &&
         eight_ascii(text.data() + at + 16) && eight_ascii(text.data() + at + 24)) {
    at += 32;
  }
  std::size_t units = at;
  for (; text.size() - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t high = word >> 7 & low_bits;
    // A continuation byte counts nothing; the first byte of four bytes counts two.
    const std::uint64_t continuations = high & ~(word >> 6);
    const std::uint64_t pairs = high & word >> 6 & word >> 5 & word >> 4;
    units += 8 + sum_of_bytes(pairs) - sum_of_bytes(continuations);
  }
  for (const char c : text.substr(at)) {
    units += is_continuation(c) ? 0u : 1u;
    units += static_cast<unsigned char>(c) >= 0xf0 ? 1u : 0u;
  }
  return units;
}

Utf16Position find_utf16(std::string_view text, std::size_t units) {
  std::size_t at = 0;
  while (units > 0) {
    if (units >= 8 && text.size() - at >= 8 && eight_ascii(text.data() + at)) {
      at += 8;
      units -= 8;
      continue;
    }
    assert(at < text.size());
    const std::size_t length = bytes_of(text[at]);
    if (length == 4) {
      if (units == 1) return {at, true};
      --units;
    }
    --units;
    at += length;
  }
  return {at, false};
}

}  // namespace canvas
