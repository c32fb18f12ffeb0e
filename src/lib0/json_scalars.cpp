// Numbers and strings as JSON text.

#include <charconv>
#include <cmath>
#include <string>

#include "lib0/any_json.h"

namespace canvas::lib0 {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void append_escape(std::string& out, unsigned unit) {
  out += "\\u";
  for (const unsigned shift : {12u, 8u, 4u, 0u}) out += hex_digits[(unit >> shift) & 15];
}

void append_control(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\t': out += "\\t"; return;
    case '\n': out += "\\n"; return;
    case '\f': out += "\\f"; return;
    case '\r': out += "\\r"; return;
    default: append_escape(out, static_cast<unsigned char>(c));
  }
}

bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != '\xed';
}

// ECMAScript's Number::toString: `digits` is the number without its point, which stands `point` digits behind
// the first one's left side.
void append_digits(std::string& out, std::string_view digits, int point) {
  const int count = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {
    out += digits.front();
    if (count > 1) out.append(1, '.').append(digits.substr(1));
    out += point > 0 ? "e+" : "e-";
    out += std::to_string(std::abs(point - 1));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    const auto whole = static_cast<std::size_t>(point);
    out.append(digits.substr(0, whole)).append(1, '.').append(digits.substr(whole));
  }
}

}  // namespace

void append_json_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char text[32];
  if (std::abs(value) <= static_cast<double>(max_safe_integer) && std::trunc(value) == value) {
    const auto end = std::to_chars(std::begin(text), std::end(text), static_cast<std::int64_t>(value)).ptr;
    out.append(text, end);
    return;
  }
  if (value < 0) out += '-';
  // One digit, then a point and more if there are more, then e and the exponent with its sign.
  const auto end =
      std::to_chars(std::begin(text), std::end(text), std::abs(value), std::chars_format::scientific).ptr;
  const std::string_view scientific(text, static_cast<std::size_t>(end - text));
  const std::size_t mark = scientific.find('e');
  const std::size_t sign = mark + 1;
  int exponent = 0;
  std::from_chars(text + sign + 1, end, exponent);
  if (scientific[sign] == '-') exponent = -exponent;
  std::string digits(scientific.substr(0, 1));
  if (mark > 2) digits += scientific.substr(2, mark - 2);
  append_digits(out, digits, exponent + 1);
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // where what was not appended yet begins
  for (std::size_t i = 0; i < text.size();) {
    if (is_plain(text[i])) {
      ++i;
      continue;
    }
    out += text.substr(plain, i - plain);
    plain = i;
    if (text[i] != '\xed') {
      append_control(out, text[i]);
      plain = ++i;
    } else if (static_cast<unsigned char>(text[i + 1]) >= 0xa0) {
      // A surrogate without its partner, which only this folder puts into text (json_source_internal.h).
      const auto second = static_cast<unsigned char>(text[i + 1]);
      const auto third = static_cast<unsigned char>(text[i + 2]);
      append_escape(out, 0xd000u | (second & 0x3fu) << 6 | (third & 0x3fu));
      plain = i += 3;
    } else {
      i += 3;
    }
  }
  out += text.substr(plain);
  out += '"';
}

}  // namespace canvas::lib0
