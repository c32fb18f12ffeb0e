#include "base/time_text.h"

#include <array>
#include <cstdio>
#include <optional>

#include "base/ascii.h"

namespace canvas {
namespace {

using WallTime = std::chrono::system_clock::time_point;

constexpr std::string_view expected_time = "a time is like 2026-01-31T12:00:00Z, or a date alone";
constexpr std::string_view expected_duration = "a duration is like 90s, 30m, 12h or 7d, 36500d at most";
constexpr int first_year = 1678;
constexpr int last_year = 2261;

// Takes a text apart from its front; what did not fit leaves it failed.
class Cursor {
public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool failed() const { return failed_; }

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || !is_digit(rest_.front())) {
        failed_ = true;
        return 0;
      }
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  bool take_one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect_one_of(std::string_view characters) { failed_ |= !take_one_of(characters); }

  // One to nine digits behind a decimal point.
  std::chrono::nanoseconds fraction() {
    int value = 0;
    int count = 0;
    while (!rest_.empty() && is_digit(rest_.front()) && count < 9) {
      value = value * 10 + digits(1);
      ++count;
    }
    failed_ |= count == 0;
    for (; count < 9; ++count) value *= 10;
    return std::chrono::nanoseconds(value);
  }

private:
  std::string_view rest_;
  bool failed_ = false;
};

int checked(int value, int largest, bool& in_range) {
  in_range &= value <= largest;
  return value;
}

std::optional<std::chrono::sys_days> read_date(Cursor& in) {
  const int year = in.digits(4);
  in.expect_one_of("-");
  const int month = in.digits(2);
  in.expect_one_of("-");
  const int day = in.digits(2);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(unsigned(month)),
                                         std::chrono::day(unsigned(day))};
  if (in.failed() || !date.ok() || year < first_year || year > last_year) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::nanoseconds> read_time_of_day(Cursor& in) {
  bool in_range = true;
  const int hours = checked(in.digits(2), 23, in_range);
  in.expect_one_of(":");
  const int minutes = checked(in.digits(2), 59, in_range);
  in.expect_one_of(":");
  const int seconds = checked(in.digits(2), 59, in_range);
  std::chrono::nanoseconds time =
      std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
  if (in.take_one_of(".")) time += in.fraction();
  if (in.failed() || !in_range) return std::nullopt;
  return time;
}

std::optional<std::chrono::minutes> read_offset(Cursor& in) {
  if (in.take_one_of("Zz")) return std::chrono::minutes(0);
  const bool east = in.take_one_of("+");
  if (!east) in.expect_one_of("-");
  bool in_range = true;
  const int hours = checked(in.digits(2), 23, in_range);
  in.expect_one_of(":");
  const int minutes = checked(in.digits(2), 59, in_range);
  if (in.failed() || !in_range) return std::nullopt;
  const std::chrono::minutes offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return east ? offset : -offset;
}

}  // namespace

std::string format_time(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(whole - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()), int(clock.subseconds().count()));
  return text.data();
}

Result<WallTime> parse_time(std::string_view text) {
  const auto refused = [] { return malformed(expected_time); };
  Cursor in(text);
  const auto date = read_date(in);
  if (!date) return refused();
  if (in.at_end()) return WallTime(*date);
  in.expect_one_of("Tt ");
  const auto time = read_time_of_day(in);
  if (!time) return refused();
  const auto offset = read_offset(in);
  if (!offset || !in.at_end()) return refused();
  return WallTime(*date) + *time - *offset;
}

Result<WallTime> parse_moment(std::string_view text, WallTime now) {
  if (const auto time = parse_time(text)) return *time;
  if (const auto ago = parse_duration(text)) return now - *ago;
  return malformed(std::string(expected_time) + ", or so long ago, like 30m, 2h or 7d");
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::chrono::seconds largest = std::chrono::days(36500);
  if (text == "0") return std::chrono::seconds(0);
  std::int64_t count = 0;
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    count = count * 10 + (text[digits++] - '0');
    if (count > largest.count()) return malformed(expected_duration);
  }
  if (digits == 0 || digits + 1 != text.size()) return malformed(expected_duration);
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return malformed(expected_duration);
  }
  if (count > largest.count() / unit) return malformed(expected_duration);
  return std::chrono::seconds(count * unit);
}

}  // namespace canvas
