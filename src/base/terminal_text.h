// Text of strangers, made fit to be shown: names of documents and users come from a database and may hold
// what a terminal would obey.
#pragma once

#include <string>
#include <string_view>

namespace canvas {

// `text` with what is invisible or acts on a terminal as an escape: control characters (C0, DEL, C1), the
// line separators and the marks that turn the direction of text as \u{9b}, bytes that are not valid UTF-8 as
// \xff.
std::string printable(std::string_view text);

// The same for text of several lines: line feeds stay.
std::string printable_lines(std::string_view text);

// `text` as a JSON string with its quotes, as append_json_string makes it, in which all that printable()
// takes away is escaped too.
std::string printable_json_string(std::string_view text);

}  // namespace canvas
