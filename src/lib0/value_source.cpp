#include <algorithm>
#include <charconv>
#include <limits>

#include "lib0/any.h"
#include "lib0/value_source_internal.h"

namespace canvas::lib0 {
namespace {

std::int64_t read_int64(Reader& in) {
  std::uint64_t bits = 0;
  for (const std::uint8_t byte : in.read_bytes(8)) bits = bits << 8 | byte;
  return static_cast<std::int64_t>(bits);
}

Token any_token(Reader& in) {
  using enum Token::Kind;
  Reader whole = in;
  switch (in.read_u8()) {
    case 125:
    case 124:
    case 123: {
      const double value = read_any_number(whole).value_or(0);
      in = whole;
      return {.kind = number, .end = 0, .number = value};
    }
    case 126: return {.kind = null, .end = 0};
    case 122: return {.kind = int64, .end = 0, .int64 = read_int64(in)};
    case 121: return {.kind = no, .end = 0};
    case 120: return {.kind = yes, .end = 0};
    case 119: return {.kind = string, .end = 0, .text = as_text(in.read_var_bytes())};
    case 118: return {.kind = object, .end = 0, .count = in.read_var_uint()};
    case 117: return {.kind = array, .end = 0, .count = in.read_var_uint()};
    case 116: return {.kind = bytes, .end = 0, .text = as_text(in.read_var_bytes())};
    default: return {.kind = undefined, .end = 0};
  }
}

unsigned hex_value(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

unsigned read_unit(std::string_view text, std::size_t at) {
  unsigned unit = 0;
  for (std::size_t i = 0; i < 4; ++i) unit = unit << 4 | hex_value(text[at + i]);
  return unit;
}

void append_code_point(std::string& out, unsigned point) {
  const auto byte = [&out](unsigned value) { out += static_cast<char>(value); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      byte(0xe0 | point >> 12);
    } else {
      byte(0xf0 | point >> 18);
      byte(0x80 | (point >> 12 & 0x3f));
    }
    byte(0x80 | (point >> 6 & 0x3f));
  }
  byte(0x80 | (point & 0x3f));
}

bool is_unit_escape(std::string_view text, std::size_t at) {
  return at + 1 < text.size() && text[at] == '\\' && text[at + 1] == 'u';
}

// `at` is behind the "\u"; gives the place behind the character, which may be of two escapes.
std::size_t append_unit_escape(std::string& out, std::string_view text, std::size_t at) {
  const unsigned unit = read_unit(text, at);
  at += 4;
  if ((unit & 0xfc00) == 0xd800 && is_unit_escape(text, at)) {
    const unsigned next = read_unit(text, at + 2);
    if ((next & 0xfc00) == 0xdc00) {
      append_code_point(out, 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff));
      return at + 6;
    }
  }
  append_code_point(out, unit);
  return at;
}

char simple_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

// What is between the quotes of a JSON string, in `scratch` if it has escapes.
std::string_view unescape(std::string_view quoted, std::string& scratch) {
  std::size_t escape = quoted.find('\\');
  if (escape == std::string_view::npos) return quoted;
  scratch.clear();
  std::size_t at = 0;
  for (; escape != std::string_view::npos; escape = quoted.find('\\', at)) {
    scratch += quoted.substr(at, escape - at);
    if (quoted[escape + 1] == 'u') {
      at = append_unit_escape(scratch, quoted, escape + 2);
    } else {
      scratch += simple_escape(quoted[escape + 1]);
      at = escape + 2;
    }
  }
  scratch += quoted.substr(at);
  return scratch;
}

// The place of the quote that ends the string whose first quote is at `at`.
std::size_t closing_quote(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at;
}

// A number too large or too small for a double: infinite or zero, by where its first digit that is not zero
// stands.
double out_of_range(std::string_view number) {
  const bool negative = number.front() == '-';
  const std::size_t mark = std::min(number.find_first_of("eE"), number.size());
  const std::string_view digits = number.substr(0, mark);
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const std::size_t first = digits.find_first_of("123456789");
  double exponent = 0;  // approximate
  if (mark < number.size()) {
    const std::string_view text = number.substr(mark + 1);
    for (const char c : text) {
      if (c >= '0' && c <= '9') exponent = std::min(exponent * 10 + (c - '0'), 1e15);
    }
    if (text.front() == '-') exponent = -exponent;
  }
  exponent += static_cast<double>(point) - static_cast<double>(first);
  const double size = exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  return negative ? -size : size;
}

}  // namespace

Token AnySource::token(std::size_t at) const {
  Reader in(bytes_.subspan(at));
  Token token = any_token(in);
  token.end = at + in.position();
  return token;
}

Key AnySource::key(std::size_t at) const {
  Reader in(bytes_.subspan(at));
  const std::string_view text = as_text(in.read_var_bytes());
  return {text, at + in.position()};
}

Token JsonSource::token(std::size_t at) {
  using enum Token::Kind;
  switch (text_[at]) {
    case 'n': return {.kind = null, .end = at + 4};
    case 't': return {.kind = yes, .end = at + 4};
    case 'f': return {.kind = no, .end = at + 5};
    case '[': return {.kind = array, .end = at + 1};
    case '{': return {.kind = object, .end = at + 1};
    case '"': {
      const std::size_t end = closing_quote(text_, at);
      return {.kind = string, .end = end + 1, .text = unescape(text_.substr(at + 1, end - at - 1), scratch_)};
    }
    default: return read_number(at);
  }
}

Token JsonSource::read_number(std::size_t at) const {
  const std::size_t end = std::min(text_.find_first_not_of("+-.0123456789eE", at), text_.size());
  double value = 0;
  const auto read = std::from_chars(text_.data() + at, text_.data() + end, value);
  if (read.ec == std::errc::result_out_of_range) value = out_of_range(text_.substr(at, end - at));
  return {.kind = Token::Kind::number, .end = end, .number = value};
}

JsonSource::Step JsonSource::step(std::size_t at, std::uint64_t seen, const Token&) const {
  at = skip_space(at);
  if (text_[at] == ']' || text_[at] == '}') return {true, at + 1};
  return {false, seen == 0 ? at : skip_space(at + 1)};
}

Key JsonSource::key(std::size_t at) {
  const std::size_t end = closing_quote(text_, at);
  std::string decoded;
  std::string_view text = unescape(text_.substr(at + 1, end - at - 1), decoded);
  if (!decoded.empty()) text = keys_.emplace_back(std::move(decoded));
  const std::size_t colon = skip_space(end + 1);
  return {text, skip_space(colon + 1)};
}

std::size_t JsonSource::skip_space(std::size_t at) const {
  while (at < text_.size() &&
         (text_[at] == ' ' || text_[at] == '\n' || text_[at] == '\r' || text_[at] == '\t')) {
    ++at;
  }
  return at;
}

}  // namespace canvas::lib0
