// What JavaScript makes of values and names where Yjs leaves it to the language.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "lib0/reader.h"

namespace canvas::crdt {

// Whether `a` comes before `b` when strings are compared by their UTF-16 units. Both are valid UTF-8.
bool utf16_less(std::string_view a, std::string_view b);

// The number of a key that is an array index ("0" to "4294967294"): such keys come first in an object.
std::optional<std::uint32_t> array_index(std::string_view key);

// Setting this key of an object sets its prototype instead, so that it is never among the keys.
inline constexpr std::string_view prototype_key = "__proto__";

// Puts the keys of an object into their order: array indexes ascending, then the others as they are.
// `key_of` gives the name of one.
template <class T, class KeyOf>
void order_keys(std::vector<T>& keys, KeyOf&& key_of);

// Appends what String(value) gives for the Any value at `in`, and steps over it: elements of arrays joined by
// commas, "[object Object]" for objects. `in` holds checked bytes. Linear, no recursion.
void append_any_as_text(lib0::Reader& in, std::string& out);
// The same of JSON that is good.
void append_json_as_text(std::string_view json, std::string& out);

// What `for (name in value)` finds in a JSON value, with each of them as text.
struct Property {
  std::string name;
  std::string text;
};
std::vector<Property> properties_of(std::string_view json);

// Appends JSON.stringify(Uint8Array): an object with a key for each byte.
void append_bytes_as_json(BytesView bytes, std::string& out);
// Appends String(Uint8Array): numbers with commas.
void append_bytes_as_text(BytesView bytes, std::string& out);
// Appends JSON.stringify(text.split('')) without the brackets: an escape for each half of a surrogate pair.
void append_units_as_json(std::string_view text, std::string& out);
// The last of those.
void append_last_unit_as_json(std::string_view text, std::string& out);

template <class T, class KeyOf>
void order_keys(std::vector<T>& keys, KeyOf&& key_of) {
  const auto is_index = [&](const T& key) { return array_index(key_of(key)).has_value(); };
  const auto names = std::stable_partition(keys.begin(), keys.end(), is_index);
  std::sort(keys.begin(), names,
            [&](const T& a, const T& b) { return *array_index(key_of(a)) < *array_index(key_of(b)); });
}

}  // namespace canvas::crdt
