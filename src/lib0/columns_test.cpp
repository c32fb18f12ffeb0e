#include "lib0/columns.h"

#include <gtest/gtest.h>

#include "fixtures/hex.h"

namespace canvas::lib0 {
namespace {

using testing::from_hex;
using testing::to_hex;

constexpr std::string_view astral = "\xf0\x9f\x98\x80";  // two UTF-16 units
constexpr std::string_view replacement = "\xef\xbf\xbd";

// The expected bytes are those of lib0 0.2.120 for the same values.

TEST(Columns, RleLeavesOutTheLastCount) {
  RleWriter out;
  for (const std::uint8_t value : Bytes{1, 1, 1, 7}) out.write(value);
  EXPECT_EQ(to_hex(out.finish()), "010207");
  const Bytes column = to_bytes(out.finish());
  RleReader in(column);
  for (const std::uint8_t value : Bytes{1, 1, 1, 7, 7, 7}) EXPECT_EQ(in.read(), value);
  EXPECT_FALSE(in.reader().failed());
}

TEST(Columns, UintOptRleTellsACountByTheSign) {
  UintOptRleWriter out;
  for (const std::uint64_t value : {1, 2, 3, 3, 3, 0, 0}) out.write(value);
  const Bytes column = to_bytes(out.finish());
  EXPECT_EQ(to_hex(column), "010243014000");
  UintOptRleReader in(column);
  for (const std::uint64_t value : {1, 2, 3, 3, 3, 0, 0}) EXPECT_EQ(in.read(), value);
  EXPECT_FALSE(in.reader().failed());
  EXPECT_EQ(in.read(), 0u);
  EXPECT_TRUE(in.reader().failed());
}

TEST(Columns, IntDiffOptRleTellsACountByTheLowestBit) {
  IntDiffOptRleWriter out;
  const std::initializer_list<std::uint64_t> values{1, 2, 3, 2, 1, 0, 0, 1000};
  for (const std::uint64_t value : values) out.write(value);
  const Bytes column = to_bytes(out.finish());
  EXPECT_EQ(to_hex(column),
            "030141010090"
            "1f");
  IntDiffOptRleReader in(column);
  for (const std::uint64_t value : values) EXPECT_EQ(in.read(), value);
  EXPECT_FALSE(in.reader().failed());
}

TEST(Columns, IntDiffOptRleSaysWhatItCannotSay) {
  IntDiffOptRleWriter out;
  out.write(std::uint64_t{1} << 52);
  out.finish();
  EXPECT_FALSE(out.fits());
  IntDiffOptRleWriter largest;
  largest.write((std::uint64_t{1} << 52) - 1);
  const Bytes column = to_bytes(largest.finish());
  EXPECT_TRUE(largest.fits());
  EXPECT_EQ(IntDiffOptRleReader(column).read(), (std::uint64_t{1} << 52) - 1);
}

TEST(Columns, IntDiffOptRleStaysWithinTheClocks) {
  const Bytes negative = from_hex("42");  // -1
  IntDiffOptRleReader below(negative);
  below.read();
  EXPECT_TRUE(below.reader().failed());

  // 2^52 - 1 more, again and again.
  const Bytes rising = from_hex("bfffffffffffff1fffffffffffffff0f");
  IntDiffOptRleReader above(rising);
  for (int i = 0; i < 4; ++i) above.read();
  EXPECT_TRUE(above.reader().failed());
  EXPECT_EQ(above.read(), 0u);
}

TEST(Columns, StringsAreOneTextAndTheirLengths) {
  StringWriter out;
  for (const std::string_view text : {"hello", "", "", "\xc3\xa9", "x"}) out.write(text);
  out.write(astral);
  const Bytes column = out.finish();
  EXPECT_EQ(to_hex(column),
            "0c68656c6c6fc3a978f09f9880"
            "0540004100"
            "02");
  StringReader in(column);
  for (const std::string_view text : {"hello", "", "", "\xc3\xa9", "x"}) EXPECT_EQ(in.read().text, text);
  const StringReader::Text last = in.read();
  EXPECT_EQ(last.text, astral);
  EXPECT_EQ(last.units, 2u);
  EXPECT_FALSE(in.reader().failed());
  in.read();
  EXPECT_TRUE(in.reader().failed());
}

TEST(Columns, AStringThatEndsInsideACharacterHasItsHalfReplaced) {
  Writer column;
  column.write_var_string("a\xf0\x9f\x98\x80\xf0\x9f\x98\x80z");
  for (const std::uint8_t units : Bytes{2, 0, 2, 2}) column.write_u8(units);
  StringReader in(column.bytes());
  EXPECT_EQ(in.read().text, "a" + std::string(replacement));
  EXPECT_EQ(in.read().text, "");
  EXPECT_EQ(in.read().text, std::string(replacement) + std::string(replacement));
  EXPECT_EQ(in.read().text, std::string(replacement) + "z");
  EXPECT_FALSE(in.reader().failed());
}

TEST(Columns, RefuseWhatIsNotThere) {
  RleReader no_bytes(BytesView{});
  EXPECT_EQ(no_bytes.read(), 0);
  EXPECT_TRUE(no_bytes.reader().failed());

  const Bytes longer_than_the_text = from_hex(
      "026162"
      "03");
  StringReader strings(longer_than_the_text);
  EXPECT_EQ(strings.read().text, "");
  EXPECT_TRUE(strings.reader().failed());

  const Bytes no_utf8 = from_hex(
      "02c328"
      "02");
  StringReader bad(no_utf8);
  EXPECT_EQ(bad.read().units, 0u);
  EXPECT_TRUE(bad.reader().failed());
}

TEST(Columns, ReadOnlyAsMuchAsIsAskedForOfARunWithoutEnd) {
  const Bytes run = from_hex("41ffffffffffffff0f");
  UintOptRleReader in(run);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(in.read(), 1u);
  EXPECT_FALSE(in.reader().failed());
}

}  // namespace
}  // namespace canvas::lib0
