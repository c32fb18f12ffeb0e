#include "crdt/doc/script_values_internal.h"

#include <array>
#include <bit>
#include <cmath>

#include "base/utf8.h"
#include "lib0/any.h"
#include "lib0/any_json.h"

namespace canvas::crdt {
namespace {

constexpr std::uint8_t any_undefined = 127;
constexpr std::uint8_t any_null = 126;
constexpr std::uint8_t any_float32 = 124;
constexpr std::uint8_t any_float64 = 123;
constexpr std::uint8_t any_string = 119;
constexpr std::uint8_t any_object = 118;
constexpr std::uint8_t any_array = 117;
constexpr std::uint8_t any_bytes = 116;

constexpr std::string_view replacement_character = "\xef\xbf\xbd";

template <class Bits>
Bits read_big_endian(lib0::Reader& in) {
  Bits bits = 0;
  for (const std::uint8_t byte : in.read_bytes(sizeof(Bits))) bits = bits << 8 | byte;
  return bits;
}

// JSON has null for these.
std::string_view name_of_infinite(double value) {
  if (std::isnan(value)) return "NaN";
  return value < 0 ? "-Infinity" : "Infinity";
}

void append_number(lib0::Reader& in, std::string& out) {
  lib0::Reader ahead = in;
  const std::uint8_t tag = ahead.read_u8();
  double value = 0;
  if (tag == any_float32) value = std::bit_cast<float>(read_big_endian<std::uint32_t>(ahead));
  if (tag == any_float64) value = std::bit_cast<double>(read_big_endian<std::uint64_t>(ahead));
  if (!std::isfinite(value)) {
    out += name_of_infinite(value);
    in = ahead;
    return;
  }
  // Numbers and truth values are in JSON what they are as text.
  const bool is_written = lib0::write_any_as_json(in, out);
  assert(is_written);
  static_cast<void>(is_written);
}

// One value that is not an array.
void append_single(lib0::Reader& in, std::string& out) {
  lib0::Reader ahead = in;
  switch (ahead.read_u8()) {
    case any_undefined: out += "undefined"; break;
    case any_null: out += "null"; break;
    case any_string: out += ahead.read_var_string(); break;
    case any_object: out += "[object Object]"; break;
    case any_bytes: append_bytes_as_text(ahead.read_var_bytes(), out); break;
    default: return append_number(in, out);
  }
  lib0::skip_any(in);
}

std::uint8_t next_tag(lib0::Reader in) {
  return in.read_u8();
}

// Steps over tag and count of an array.
std::uint64_t open_array(lib0::Reader& in) {
  in.read_u8();
  return in.read_var_uint();
}

Bytes any_of(std::string_view json) {
  lib0::Writer out(json.size());
  const Result<void> written = lib0::write_json_as_any(json, out);
  assert(written);
  static_cast<void>(written);
  return out.take();
}

// Calls `visit(std::uint32_t unit)` for the UTF-16 units of the character that `text` begins with; gives its
// bytes.
template <class Visit>
std::size_t visit_units(std::string_view text, Visit&& visit) {
  const std::size_t length = utf8_sequence_length(text);
  if (length < 4) {
    visit(std::uint32_t{0});
    return length;
  }
  std::uint32_t code = static_cast<unsigned char>(text[0]) & 7u;
  for (std::size_t i = 1; i < 4; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  code -= 0x10000;
  visit(0xd800 + (code >> 10));
  visit(0xdc00 + (code & 0x3ff));
  return length;
}

// One UTF-16 unit of the character, which is half of it where it is a surrogate.
void append_unit(std::uint32_t surrogate, std::string_view character, std::string& out) {
  if (surrogate == 0) return lib0::append_json_text(out, character);
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\"\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[(surrogate >> shift) & 15];
  out += '"';
}

std::vector<Property> units_of(std::string_view text) {
  std::vector<Property> units;
  units.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    const std::string_view character = text.substr(0, length);
    const std::size_t count = length == 4 ? 2 : 1;
    for (std::size_t i = 0; i < count; ++i) {
      units.push_back(
          {std::to_string(units.size()), std::string(count == 2 ? replacement_character : character)});
    }
    text.remove_prefix(length);
  }
  return units;
}

std::vector<Property> members_of(lib0::Reader in, bool has_names) {
  std::vector<Property> members;
  const std::uint64_t count = open_array(in);
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    Property member;
    member.name = has_names ? std::string(in.read_var_string()) : std::to_string(i);
    append_any_as_text(in, member.text);
    members.push_back(std::move(member));
  }
  return members;
}

}  // namespace

bool utf16_less(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_b == b.end()) return false;
  if (at_a == a.end()) return true;
  const auto x = static_cast<unsigned char>(*at_a);
  const auto y = static_cast<unsigned char>(*at_b);
  // Characters above U+FFFF (first byte from 0xf0) begin with a surrogate, which is less than U+E000 (0xee).
  constexpr unsigned char private_use = 0xee;
  constexpr unsigned char astral = 0xf0;
  if (x >= private_use && y >= private_use && (x >= astral) != (y >= astral)) return x >= astral;
  return x < y;
}

std::optional<std::uint32_t> array_index(std::string_view key) {
  constexpr std::size_t max_digits = 10;
  if (key.empty() || key.size() > max_digits || (key.size() > 1 && key.front() == '0')) return std::nullopt;
  std::uint64_t index = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::uint64_t>(c - '0');
  }
  constexpr std::uint64_t last = 4294967294;
  return index <= last ? std::optional(static_cast<std::uint32_t>(index)) : std::nullopt;
}

void append_any_as_text(lib0::Reader& in, std::string& out) {
  if (next_tag(in) != any_array) return append_single(in, out);
  std::vector<std::uint64_t> left{open_array(in)};  // elements of each array that is open
  bool is_first = true;
  while (!left.empty()) {
    if (left.back() == 0) {
      left.pop_back();
      is_first = false;
      continue;
    }
    --left.back();
    if (!is_first) out += ',';
    is_first = false;
    const std::uint8_t tag = next_tag(in);
    if (tag == any_array) {
      left.push_back(open_array(in));
      is_first = true;
    } else if (tag == any_null || tag == any_undefined) {
      in.read_u8();
    } else {
      append_single(in, out);
    }
  }
}

void append_json_as_text(std::string_view json, std::string& out) {
  const Bytes any = any_of(json);
  lib0::Reader in(any);
  append_any_as_text(in, out);
}

std::vector<Property> properties_of(std::string_view json) {
  if (json.find_first_of("{[\"") == std::string_view::npos) return {};  // a number, null or a truth value
  const Bytes any = any_of(json);
  lib0::Reader in(any);
  switch (next_tag(in)) {
    case any_string: in.read_u8(); return units_of(in.read_var_string());
    case any_array: return members_of(in, false);
    case any_object: return members_of(in, true);
    default: return {};
  }
}

void append_bytes_as_json(BytesView bytes, std::string& out) {
  out += '{';
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out += i == 0 ? "\"" : ",\"";
    out += std::to_string(i);
    out += "\":";
    out += std::to_string(bytes[i]);
  }
  out += '}';
}

void append_bytes_as_text(BytesView bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(bytes[i]);
  }
}

void append_units_as_json(std::string_view text, std::string& out) {
  bool is_first = true;
  while (!text.empty()) {
    const std::size_t length = visit_units(text, [&](std::uint32_t surrogate) {
      if (!is_first) out += ',';
      is_first = false;
      append_unit(surrogate, text.substr(0, utf8_sequence_length(text)), out);
    });
    text.remove_prefix(length);
  }
}

void append_last_unit_as_json(std::string_view text, std::string& out) {
  const Utf16Position last = find_utf16(text, utf16_length(text) - 1);
  const std::string_view character = text.substr(last.byte);
  std::uint32_t unit = 0;
  visit_units(character, [&](std::uint32_t surrogate) { unit = surrogate; });
  append_unit(unit, character, out);
}

}  // namespace canvas::crdt
