#include "lib0/reader.h"

#include "base/json_text.h"
#include "base/utf8.h"

namespace canvas::lib0 {
namespace {

// Adds seven bits at `shift`; false when the value leaves the safe integers. Overlong zeros beyond that pass.
bool add_bits(std::uint64_t& value, std::uint8_t bits, unsigned shift) {
  if (bits == 0) return true;
  if (shift >= 53 || (std::uint64_t{bits} << shift) >> shift != bits) return false;
  value |= std::uint64_t{bits} << shift;
  return value <= max_safe_integer;
}

}  // namespace

std::uint64_t Reader::read_long_var_uint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t byte = read_u8();
    if (failed()) return 0;
    if (!add_bits(value, byte & 0x7f, shift)) return fail_zero("an integer is larger than 2^53 - 1");
    if (byte < 0x80) return value;
  }
}

Reader::SignedInteger Reader::read_var_int() {
  const std::uint8_t first = read_u8();
  SignedInteger result{(first & 0x40) != 0, first & 0x3fu};
  bool more = (first & 0x80) != 0;
  for (unsigned shift = 6; more; shift += 7) {
    const std::uint8_t byte = read_u8();
    if (failed()) return {false, 0};
    if (!add_bits(result.magnitude, byte & 0x7f, shift)) {
      fail("an integer is larger than 2^53 - 1");
      return {false, 0};
    }
    more = byte >= 0x80;
  }
  return result;
}

std::string_view Reader::read_var_string() {
  const std::string_view text = as_text(read_var_bytes());
  if (!is_valid_utf8(text)) {
    fail("a string is not valid UTF-8");
    return {};
  }
  return text;
}

std::string_view Reader::read_json() {
  const std::string_view text = read_var_string();
  if (!failed() && !is_json_text(text)) {
    fail("a value is not JSON");
    return {};
  }
  return text;
}

}  // namespace canvas::lib0
