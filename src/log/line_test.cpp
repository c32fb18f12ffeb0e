#include "log/line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace canvas::log {
namespace {

constexpr std::string_view hostile =
    "\r\x1b[2K\x1b]0;title\a\xc2\x9b"
    "2J\n{\"event\":\"forged\"}\xe2\x80\xae\xff";

Entry entry(const std::vector<Field>& fields) {
  return {std::chrono::system_clock::time_point(std::chrono::milliseconds(1'500)),
          Level::warning,
          {},
          "room.read_only",
          fields};
}

bool acts_on_terminals(std::string_view line) {
  return line.find("\xc2\x9b") != line.npos || line.find("\xe2\x80\xae") != line.npos ||
         std::any_of(line.begin(), line.end() - 1, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

TEST(Line, OfJsonIsOneObject) {
  const std::vector<Field> fields{{"room", "a\"b"}, {"rows", 3u}, {"delta", -1}, {"cached", true}};
  EXPECT_EQ(json_line(entry(fields)),
            R"({"time":"1970-01-01T00:00:01.500Z","level":"warning","event":"room.read_only","room":"a\"b",)"
            R"("rows":3,"delta":-1,"cached":true})"
            "\n");
}

TEST(Line, ForPeopleQuotesWhatIsMoreThanAWord) {
  const std::vector<Field> fields{{"room", "plan"}, {"reason", "it is full"}, {"none", ""}, {"equal", "a=b"}};
  EXPECT_EQ(text_line(entry(fields), Colours::none),
            "1970-01-01T00:00:01.500Z WARN  room.read_only  room=plan reason=\"it is full\" none=\"\" "
            "equal=\"a=b\"\n");
}

TEST(Line, TellsTheKindAndWhatWasLeftOut) {
  Entry refused = entry({});
  refused.kind = "security";
  refused.suppressed = 12;
  EXPECT_NE(json_line(refused).find(R"("kind":"security","event":"room.read_only","suppressed":12})"),
            std::string::npos);
  EXPECT_NE(text_line(refused, Colours::none).find("kind=security suppressed=12\n"), std::string::npos);
}

TEST(Line, HasColoursOnlyWhenTheyAreAskedFor) {
  EXPECT_NE(text_line(entry({}), Colours::ansi).find("\x1b[33mWARN"), std::string::npos);
  EXPECT_EQ(text_line(entry({}), Colours::none).find('\x1b'), std::string::npos);
}

TEST(Line, NeitherActsOnATerminalNorForgesALine) {
  const std::vector<Field> fields{{"room", hostile}};
  for (const std::string& line : {json_line(entry(fields)), text_line(entry(fields), Colours::none)}) {
    EXPECT_FALSE(acts_on_terminals(line)) << line;
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    EXPECT_EQ(line.find("\xff"), std::string::npos) << line;
  }
}

TEST(Line, ForPeopleDoesNotLetAValuePassForAField) {
  const std::vector<Field> fields{{"room", "x user=root"}};
  EXPECT_NE(text_line(entry(fields), Colours::none).find(R"(room="x user=root")"), std::string::npos);
}

}  // namespace
}  // namespace canvas::log
