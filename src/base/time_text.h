// Times and durations as text: how they are printed, stored, and typed by people.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas {

// RFC 3339 in UTC: 2026-01-31T12:00:00.000Z. What is less than a millisecond is cut off, so that texts are in
// the order of their times.
std::string format_time(std::chrono::system_clock::time_point time);

// Takes RFC 3339 with Z or an offset (2026-01-31T12:00:00.5+01:00; a space may stand for the T), or a date
// alone: its midnight in UTC. Fails with Errc::malformed on anything else, on days that no calendar has and
// on years outside 1678 to 2261, which the clock does not hold.
Result<std::chrono::system_clock::time_point> parse_time(std::string_view text);

// Takes what parse_time takes, or a duration, which means so long before `now`. Fails as parse_time does.
Result<std::chrono::system_clock::time_point> parse_moment(std::string_view text,
                                                           std::chrono::system_clock::time_point now);

// Takes 90s, 30m, 12h, 7d, and 0. Fails with Errc::malformed on anything else and past 36500 days.
Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace canvas
