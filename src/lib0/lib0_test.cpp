#include <gtest/gtest.h>

#include <string>

#include "lib0/any.h"
#include "lib0/reader.h"
#include "lib0/writer.h"

namespace canvas::lib0 {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes result;
  for (const int value : values) result.push_back(static_cast<std::uint8_t>(value));
  return result;
}

TEST(Lib0, VarUintsComeBackAsTheyWereWritten) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                    std::uint64_t{16384}, std::uint64_t{1} << 32, max_safe_integer}) {
    Writer out;
    out.write_var_uint(value);
    EXPECT_EQ(out.size(), var_uint_size(value));
    Reader in(out.bytes());
    EXPECT_EQ(in.read_var_uint(), value);
    EXPECT_TRUE(in.at_end() && !in.failed());
  }
}

TEST(Lib0, VarUintTakesOverlongFormsAndRefusesMoreThan53Bits) {
  const Bytes overlong = bytes({0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00});
  Reader in(overlong);
  EXPECT_EQ(in.read_var_uint(), 5u);
  EXPECT_FALSE(in.failed());

  const Bytes large = bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10});  // 2^53
  Reader too_large(large);
  EXPECT_EQ(too_large.read_var_uint(), 0u);
  EXPECT_TRUE(too_large.failed());
}

TEST(Lib0, VarIntKeepsMinusZero) {
  const Bytes minus_zero = bytes({0x40});
  Reader in(minus_zero);
  const auto value = in.read_var_int();
  EXPECT_TRUE(value.negative);
  EXPECT_EQ(value.magnitude, 0u);

  const Bytes minus_65 = bytes({0xc1, 0x01});
  Reader in65(minus_65);
  EXPECT_EQ(in65.read_var_int().magnitude, 65u);
}

TEST(Lib0, AFailedReaderGivesNothingMore) {
  const Bytes input = bytes({5, 'a', 'b'});
  Reader in(input);
  EXPECT_TRUE(in.read_var_bytes().empty());
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_EQ(in.read_u8(), 0);
  EXPECT_EQ(in.error().code, Errc::malformed);
}

TEST(Lib0, StringsMustBeUtf8) {
  const Bytes input = bytes({2, 0xc3, 0x28});
  Reader in(input);
  in.read_var_string();
  EXPECT_TRUE(in.failed());
}

TEST(Lib0, AnyIsSteppedOverWhole) {
  // { a: [1, "x", null], b: bytes(2), c: 1.5 } and one byte behind it
  const Bytes input = bytes({118, 3, 1, 'a', 117, 3,   125,  1,    119, 1, 'x', 126, 1, 'b', 116,
                             2,   9, 9, 1,   'c', 123, 0x3f, 0xf8, 0,   0, 0,   0,   0, 0,   77});
  Reader in(input);
  skip_any(in);
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(in.remaining(), 1u);
}

TEST(Lib0, AnyRefusesUnknownTagsCutOffValuesAndEndlessCounts) {
  for (const Bytes& input :
       {bytes({115}), bytes({0}), bytes({123, 0, 0}), bytes({119, 9, 'x'}),
        bytes({117, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 126}), bytes({118, 1, 1, 'k'}), bytes({})}) {
    Reader in(input);
    skip_any(in);
    EXPECT_TRUE(in.failed());
  }
}

TEST(Lib0, AnyBoundsTheDepth) {
  const auto nested = [](std::size_t depth) {
    Bytes input;
    for (std::size_t i = 0; i < depth; ++i) input.insert(input.end(), {117, 1});
    input.push_back(126);
    return input;
  };
  const Bytes fits = nested(max_any_depth);
  Reader in(fits);
  skip_any(in);
  EXPECT_TRUE(!in.failed() && in.at_end());
  const Bytes too_deep = nested(100'000);
  Reader deep(too_deep);
  skip_any(deep);
  EXPECT_TRUE(deep.failed());
}

}  // namespace
}  // namespace canvas::lib0
