#include "base/time_text.h"

#include <gtest/gtest.h>

namespace canvas {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using WallTime = std::chrono::system_clock::time_point;

WallTime at(std::int64_t unix_milliseconds) {
  return WallTime(milliseconds(unix_milliseconds));
}

std::string normal(std::string_view text) {
  const auto time = parse_time(text);
  return time ? format_time(*time) : "refused";
}

TEST(TimeText, PrintsMillisecondsInUtc) {
  EXPECT_EQ(format_time(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(at(1769860800007)), "2026-01-31T12:00:00.007Z");
}

TEST(TimeText, CutsOffWhatIsLessThanAMillisecond) {
  EXPECT_EQ(format_time(at(1) - std::chrono::nanoseconds(1)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(at(0) - std::chrono::nanoseconds(1)), "1969-12-31T23:59:59.999Z");
}

TEST(TimeText, ReadsWhatItPrints) {
  for (const std::int64_t ms : {-1LL, 0LL, 951'782'399'999LL, 1'769'860'800'007LL, 4'107'542'400'000LL}) {
    EXPECT_EQ(parse_time(format_time(at(ms))).value(), at(ms));
  }
}

TEST(TimeText, ReadsOffsetsFractionsAndDates) {
  EXPECT_EQ(normal("2026-01-31T12:00:00Z"), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(normal("2026-01-31t12:00:00.5z"), "2026-01-31T12:00:00.500Z");
  EXPECT_EQ(normal("2026-01-31 12:00:00.123456789+01:00"), "2026-01-31T11:00:00.123Z");
  EXPECT_EQ(normal("2026-01-31T23:30:00-05:45"), "2026-02-01T05:15:00.000Z");
  EXPECT_EQ(normal("2026-01-31"), "2026-01-31T00:00:00.000Z");
}

TEST(TimeText, KnowsLeapYears) {
  EXPECT_EQ(normal("2024-02-29"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(normal("2000-02-29"), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(normal("2023-02-29"), "refused");
  EXPECT_EQ(normal("2100-02-29"), "refused");
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const std::string_view text : {"",
                                      "now",
                                      "2026",
                                      "2026-1-31",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2026-04-31",
                                      "2026-01-00",
                                      "1677-12-31",
                                      "2262-01-01",
                                      "2026-01-31T",
                                      "2026-01-31T12:00Z",
                                      "2026-01-31T12:00:00",
                                      "2026-01-31T24:00:00Z",
                                      "2026-01-31T12:60:00Z",
                                      "2026-01-31T12:00:60Z",
                                      "2026-01-31T12:00:00.Z",
                                      "2026-01-31T12:00:00.1234567890Z",
                                      "2026-01-31T12:00:00+1:00",
                                      "2026-01-31T12:00:00+24:00",
                                      "2026-01-31T12:00:00+01:60",
                                      "2026-01-31T12:00:00ZZ",
                                      " 2026-01-31",
                                      "2026-01-31 ",
                                      "+2026-01-31",
                                      "2026-01-31T-1:00:00Z"}) {
    EXPECT_EQ(normal(text), "refused") << text;
  }
}

TEST(TimeText, TakesAMomentAsATimeOrAsSoLongAgo) {
  const WallTime now = at(1769860800000);
  EXPECT_EQ(parse_moment("2h", now).value(), now - std::chrono::hours(2));
  EXPECT_EQ(parse_moment("7d", now).value(), now - std::chrono::days(7));
  EXPECT_EQ(parse_moment("1970-01-01", now).value(), at(0));
  EXPECT_FALSE(parse_moment("yesterday", now));
}

TEST(TimeText, ReadsDurations) {
  EXPECT_EQ(parse_duration("0").value(), seconds(0));
  EXPECT_EQ(parse_duration("90s").value(), seconds(90));
  EXPECT_EQ(parse_duration("30m").value(), seconds(1800));
  EXPECT_EQ(parse_duration("12h").value(), seconds(43200));
  EXPECT_EQ(parse_duration("7d").value(), seconds(604800));
  EXPECT_EQ(parse_duration("36500d").value(), std::chrono::days(36500));
}

TEST(TimeText, RefusesWhatIsNoDuration) {
  for (const std::string_view text :
       {"", "7", "d", "-7d", "+7d", "7 d", "7dd", "1h30m", "7w", "36501d", "99999999999999999999s", "0x7d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace canvas
