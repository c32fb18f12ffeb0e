// lib0's `Any`: a JavaScript value with a tag byte before it.
#pragma once

#include <optional>

#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::lib0 {

// Arrays and objects inside one another that skip_any takes. (Yjs itself overflows its stack at about
// 10,000.)
inline constexpr std::size_t max_any_depth = 512;

// Steps over one value and checks all of it: tags, lengths, UTF-8, depth (bytes count as a container, which
// they are in JSON). On a bad value `in` is failed.
// Linear, no recursion. Tags: 127 undefined, 126 null, 125 varInt, 124 float32, 123 float64, 122 int64, 121
// false, 120 true, 119 string, 118 object, 117 array, 116 bytes.
void skip_any(Reader& in);

// Reads one value and gives it if it is a number (tags 123 to 125; an int64 is not one in JavaScript). On a
// bad value `in` is failed.
std::optional<double> read_any_number(Reader& in);

// Writes a number as lib0's writeAny does: as varInt if it is an integer of at most 31 bits (-0 is one), else
// as float32 if that holds it exactly, else as float64.
void write_any_number(Writer& out, double value);

}  // namespace canvas::lib0
