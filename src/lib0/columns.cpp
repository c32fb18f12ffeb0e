#include "lib0/columns.h"

#include "base/utf8.h"

namespace canvas::lib0 {
namespace {

constexpr std::string_view replacement_character = "\xef\xbf\xbd";
constexpr std::size_t pair_bytes = 4;  // of a character of two UTF-16 units

Reader behind_string(Reader in) {
  in.read_var_string();
  return in;
}

}  // namespace

void RleReader::next_run() {
  value_ = in_.read_u8();
  left_ = 1;
  is_endless_ = in_.at_end() && !in_.failed();
  if (!in_.at_end()) left_ = in_.read_var_uint() + 1;
  if (in_.failed()) value_ = 0;
}

void UintOptRleReader::next_run() {
  const Reader::SignedInteger value = in_.read_var_int();
  value_ = value.magnitude;
  left_ = value.negative ? in_.read_var_uint() + 2 : 1;
  if (in_.failed()) value_ = 0;
}

std::uint64_t IntDiffOptRleReader::read() {
  if (left_ == 0) next_run();
  --left_;
  value_ += difference_;
  if (value_ < 0 || value_ > static_cast<std::int64_t>(max_safe_integer)) {
    in_.fail("a clock is negative or larger than 2^53 - 1");
    left_ = value_ = difference_ = 0;
    return 0;
  }
  return static_cast<std::uint64_t>(value_);
}

void IntDiffOptRleReader::next_run() {
  const Reader::SignedInteger coded = in_.read_var_int();
  const auto half = static_cast<std::int64_t>(coded.magnitude / 2);
  const bool has_count = coded.magnitude % 2 == 1;
  // Rounded down, as lib0 does.
  difference_ = !coded.negative ? half : has_count ? -half - 1 : -half;
  left_ = has_count ? in_.read_var_uint() + 2 : 1;
  if (in_.failed()) value_ = difference_ = 0;
}

StringReader::StringReader(BytesView column)
    : text_(behind_string(Reader(column))),
      rest_(Reader(column).read_var_string()),
      rest_units_(utf16_length(rest_)),
      lengths_(text_) {}

StringReader::Text StringReader::read() {
  const std::uint64_t units = lengths_.read();
  if (units > rest_units_) text_.fail("a string is longer than what is left of its column");
  if (text_.failed() || lengths_.reader().failed()) return {{}, 0};
  rest_units_ -= units;
  if (is_in_pair_) return read_cut(units);
  const Utf16Position end = find_utf16(rest_, static_cast<std::size_t>(units));
  if (end.inside_pair) return read_cut(units);
  const std::string_view text = rest_.substr(0, end.byte);
  rest_.remove_prefix(end.byte);
  return {text, units};
}

StringReader::Text StringReader::read_cut(std::uint64_t units) {
  if (units == 0) return {{}, 0};
  std::string& text = cut_.emplace_back();
  std::uint64_t left = units;
  if (is_in_pair_) {
    text = replacement_character;
    rest_.remove_prefix(pair_bytes);
    --left;
  }
  const Utf16Position end = find_utf16(rest_, static_cast<std::size_t>(left));
  text += rest_.substr(0, end.byte);
  rest_.remove_prefix(end.byte);
  is_in_pair_ = end.inside_pair;
  if (is_in_pair_) text += replacement_character;
  return {text, units};
}

void UintOptRleWriter::flush() {
  if (count_ == 0) return;
  out_.write_var_int(count_ > 1, value_);
  if (count_ > 1) out_.write_var_uint(count_ - 2);
  count_ = 0;
}

void IntDiffOptRleWriter::flush() {
  if (count_ == 0) return;
  const bool negative = difference_ < 0;
  const auto size = static_cast<std::uint64_t>(negative ? -difference_ : difference_);
  fits_ = fits_ && size < std::uint64_t{1} << 52;
  // Twice the difference, and one more where a number of times follows.
  const std::uint64_t count_bit = count_ > 1 ? 1 : 0;
  out_.write_var_int(negative, negative ? 2 * size - count_bit : 2 * size + count_bit);
  if (count_ > 1) out_.write_var_uint(count_ - 2);
  count_ = 0;
}

void StringWriter::write(std::string_view text) {
  write(text, utf16_length(text));
}

Bytes StringWriter::finish() {
  const BytesView lengths = lengths_.finish();
  Writer column(text_.size() + lengths.size() + 8);
  column.write_var_bytes(text_.bytes());
  column.write_bytes(lengths);
  return column.take();
}

}  // namespace canvas::lib0
