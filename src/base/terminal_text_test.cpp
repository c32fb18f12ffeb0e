#include "base/terminal_text.h"

#include <gtest/gtest.h>

namespace canvas {
namespace {

TEST(TerminalText, LeavesWhatCanBeSeenAsItIs) {
  const std::string text = "plan \"A\" \\ 'b' – 日本語 👩‍👩‍👧‍👦";
  EXPECT_EQ(printable(text), text);
}

TEST(TerminalText, EscapesWhatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[2Jb\r\n\tc\x7f"), "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{9}c\\u{7f}");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\u{9b}2J");
  EXPECT_EQ(printable("a\u202eb\u2066c\u2028d\ufeff"), "a\\u{202e}b\\u{2066}c\\u{2028}d\\u{feff}");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\u{0}");
}

TEST(TerminalText, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("a\xff\xc3"), "a\\xff\\xc3");
}

TEST(TerminalText, KeepsLinesWhereTheyAreMeant) {
  EXPECT_EQ(printable_lines("one\ntwo\x1b"), "one\ntwo\\u{1b}");
}

TEST(TerminalText, EscapesAllOfItInJsonToo) {
  EXPECT_EQ(printable_json_string("q\" \xc2\x9b \u202e \n é"), "\"q\\\" \\u009b \\u202e \\u000a é\"");
}

}  // namespace
}  // namespace canvas
