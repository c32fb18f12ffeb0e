#include "base/json_text.h"

#include <gtest/gtest.h>

namespace canvas {
namespace {

TEST(JsonText, TakesWhatJsonParseTakes) {
  for (const char* text : {"null", "true", "false", "0", "-0", "12.5e-3", "1E+9", R"("")", R"("\ud83d lone")",
                           R"("\"\\\/\b\f\n\r\t")", "[]", "{}", " [ 1 , {\"a\" : [ ] , \"b\":{}} , \"x\" ] ",
                           "[[[[1]]],2]", R"({"a":{"b":{"c":null}},"d":1})"}) {
    EXPECT_TRUE(is_json_text(text)) << text;
  }
}

TEST(JsonText, RefusesWhatJsonParseRefuses) {
  for (const char* text : {"",
                           " ",
                           "undefined",
                           "nul",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "-",
                           "\"",
                           "\"\\x\"",
                           "\"\\u12g4\"",
                           "\"\\u12\"",
                           "\"\n\"",
                           "[",
                           "]",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\":1 \"b\":2}",
                           "[}",
                           "{]",
                           "1 1",
                           "\xef\xbb\xbf"
                           "1",
                           "[1]]",
                           "NaN",
                           "'a'"}) {
    EXPECT_FALSE(is_json_text(text)) << text;
  }
}

TEST(JsonText, BoundsTheDepth) {
  const std::string fits = std::string(max_json_depth, '[') + std::string(max_json_depth, ']');
  const std::string too_deep = "[" + fits + "]";
  EXPECT_TRUE(is_json_text(fits));
  EXPECT_FALSE(is_json_text(too_deep));
  EXPECT_FALSE(is_json_text(std::string(1'000'000, '[')));
}

TEST(JsonText, QuotesWhateverBytesComeAsValidJson) {
  std::string out;
  append_json_string(out, "a\"b\\c\n\x01\xff\xe2\x82\xac\x7f");
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\u000a\\u0001\xef\xbf\xbd\xe2\x82\xac\\u007f\"");
  EXPECT_TRUE(is_json_text(out));
}

}  // namespace
}  // namespace canvas
