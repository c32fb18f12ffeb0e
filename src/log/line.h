// One line of the log as text. Functions without state; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "log/log.h"

namespace canvas::log {

// What a line says. The views must live until the call returns.
struct Entry {
  std::chrono::system_clock::time_point time;
  Level level;
  std::string_view kind;  // "security", or nothing
  std::string_view event;
  std::span<const Field> fields;
  std::uint64_t suppressed = 0;  // lines of this event that were left out before it
};

// A JSON object and a line feed. Nothing in it acts on a terminal, and bytes that are not UTF-8 are U+FFFD.
std::string json_line(const Entry& entry);

enum class Colours { none, ansi };

// For people: "2026-01-31T12:00:00.000Z INFO  room.loaded  room=plan rows=3" and a line feed. A value that is
// more than plain ASCII without spaces is a JSON string, so that no value can pass for a line, a field or a
// command to the terminal.
std::string text_line(const Entry& entry, Colours colours);

}  // namespace canvas::log
