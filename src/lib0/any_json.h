// Any values as JSON text and JSON text as Any values: what JavaScript and lib0 make of one another.
//
// An object of JavaScript has each key once, at the place where it came first and with the value that came
// last; keys that are array indexes ("0" to "4294967294") stand before all others, ascending. All of this
// works without recursion, in n log n of the value's size; memory beyond the output is at most some 20 times
// the size of the value, and only while there are objects in it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::lib0 {

// Appends the Any value at `in` as JSON.stringify would write it after lib0's readAny, and steps over it.
// False, and nothing is appended, where the value is `undefined`, which JSON does not have, or where it is
// not good: then `in` is failed (see skip_any, which checks the same).
//
// `undefined` is null in an array and left out of an object; NaN and the infinities are null, -0 is 0; bytes
// are an object with a key for each byte, as JSON.stringify(Uint8Array) gives. An int64 is its digits, where
// JSON.stringify would throw. The key `__proto__` is left out, because lib0 sets the prototype with it.
[[nodiscard]] bool write_any_as_json(Reader& in, std::string& out);

// Appends the Any value that lib0's writeAny makes of JSON.parse(json). An escaped surrogate without its
// partner becomes U+FFFD. Fails with Errc::malformed, and appends nothing, where is_json_text(json) is false
// (base/json_text.h). `json` is valid UTF-8.
[[nodiscard]] Result<void> write_json_as_any(std::string_view json, Writer& out);

// What JSON.stringify(JSON.parse(json)) gives: no spaces, numbers and escapes in one form, each key once.
// is_json_text(json) is true. Normalizing what is normal gives the same.
std::string normalize_json(std::string_view json);

// Appends `value` as JSON.stringify writes numbers: the fewest digits that read back as the same, exponents
// from 1e21 on and below 1e-6, null for what is not finite, 0 for -0.
void append_json_number(std::string& out, double value);

// Appends `text`, valid UTF-8, with quotes and as few escapes as JSON.stringify needs: " and \ and control
// characters. (append_json_string of base/json_text.h escapes more, for the eyes of people.)
void append_json_text(std::string& out, std::string_view text);

}  // namespace canvas::lib0
