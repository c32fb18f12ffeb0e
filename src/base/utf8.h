// UTF-8 as JavaScript sees it: strictly valid, and measured in UTF-16 units, which is what Yjs counts text
// in.
#pragma once

#include <cstddef>
#include <string_view>

namespace canvas {

// The length in bytes of the valid sequence (RFC 3629) that `text` starts with; 0 when it is not valid or
// `text` is empty.
std::size_t utf8_sequence_length(std::string_view text);

// No overlong forms, no surrogates, nothing above U+10FFFF. Linear; eight bytes a step while they are ASCII.
bool is_valid_utf8(std::string_view text);

// How many UTF-16 units JavaScript's `length` gives for valid UTF-8: one a character, two above U+FFFF.
std::size_t utf16_length(std::string_view text);

// Where a position in UTF-16 units lies in valid UTF-8.
struct Utf16Position {
  std::size_t byte;  // offset of the character that the position is at or, when inside_pair, within
  bool inside_pair;  // the position is between the two units of one character: a cut there leaves two lone
                     // surrogates
};

// `units` is at most utf16_length(text).
Utf16Position find_utf16(std::string_view text, std::size_t units);

}  // namespace canvas
