// JSON as text: checked without being built, and strings quoted. (Where JSON is built or read, Boost.JSON
// does it.)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace canvas {

// Arrays and objects inside one another that is_json_text takes.
inline constexpr std::size_t max_json_depth = 512;

// Whether JavaScript's JSON.parse takes `text` (RFC 8259, no byte order mark; lone surrogate escapes pass, as
// there) and no more than max_json_depth containers are nested. `text` is valid UTF-8. Linear, no allocation,
// no recursion.
bool is_json_text(std::string_view text);

// Appends `text` as a JSON string with its quotes. Bytes that are not valid UTF-8 become U+FFFD, so that a
// log line is always JSON.
void append_json_string(std::string& out, std::string_view text);

}  // namespace canvas
