#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace canvas {
namespace {

TEST(Utf8, TakesEveryLengthOfSequence) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("plain ascii that is longer than eight bytes"));
  EXPECT_TRUE(is_valid_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"));
  EXPECT_TRUE(is_valid_utf8("\xf4\x8f\xbf\xbf"));  // U+10FFFF
}

TEST(Utf8, RefusesWhatRfc3629Forbids) {
  EXPECT_FALSE(is_valid_utf8("\x80"));              // a continuation alone
  EXPECT_FALSE(is_valid_utf8("12345678\xc3"));      // cut off
  EXPECT_FALSE(is_valid_utf8("\xc0\x80"));          // overlong
  EXPECT_FALSE(is_valid_utf8("\xe0\x9f\xbf"));      // overlong
  EXPECT_FALSE(is_valid_utf8("\xf0\x8f\xbf\xbf"));  // overlong
  EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80"));      // a surrogate
  EXPECT_FALSE(is_valid_utf8("\xf4\x90\x80\x80"));  // past U+10FFFF
  EXPECT_FALSE(is_valid_utf8("\xff"));
}

TEST(Utf8, CountsUtf16UnitsAsJavaScriptDoes) {
  EXPECT_EQ(utf16_length(""), 0u);
  EXPECT_EQ(utf16_length("a\xc3\xa4\xe2\x82\xac"), 3u);
  EXPECT_EQ(utf16_length("\xf0\x9f\x98\x80!"), 3u);
}

TEST(Utf8, FindsUnitsAndTellsWhenTheyAreInsideAPair) {
  const std::string text = "0123456789\xf0\x9f\x98\x80z";
  EXPECT_EQ(find_utf16(text, 9).byte, 9u);
  EXPECT_EQ(find_utf16(text, 10).byte, 10u);
  EXPECT_FALSE(find_utf16(text, 10).inside_pair);
  EXPECT_TRUE(find_utf16(text, 11).inside_pair);
  EXPECT_EQ(find_utf16(text, 11).byte, 10u);
  EXPECT_EQ(find_utf16(text, 12).byte, 14u);
  EXPECT_FALSE(find_utf16(text, 12).inside_pair);
  EXPECT_EQ(find_utf16(text, 13).byte, 15u);
}

}  // namespace
}  // namespace canvas
