// Structured logging: one JSON object a line, or a line for people, on standard output or in a file. The only
// global state of the server.
//
//   log::info("room.loaded", {{"room", name}, {"rows", rows}});
//
// Any thread. Never give it a cookie, a token or a query string. What comes again and again is sampled: of
// one event, but for debug, no more is written than its rate allows, and a line with "suppressed" says how
// many were left out.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace canvas::log {

enum class Level { debug, info, warning, error, off };

// One key of a line. The views must live until the call returns.
class Field {
public:
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : key_(key), value_(std::string_view(value)) {}
  Field(std::string_view key, const std::string& value) : key_(key), value_(std::string_view(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}
  template <std::signed_integral T>
  Field(std::string_view key, T value) : key_(key), value_(std::int64_t{value}) {}
  template <std::unsigned_integral T>
  Field(std::string_view key, T value) : key_(key), value_(std::uint64_t{value}) {}

  std::string_view key() const { return key_; }
  const Value& value() const { return value_; }

private:
  std::string_view key_;
  Value value_;
};

// "debug", "info", "warn", "error" or "off", as LOG_LEVEL has them. Fails with Errc::invalid_use.
Result<Level> parse_level(std::string_view name);

// Lines below `level` are dropped. Info until it is called.
void set_level(Level level);

enum class Format {
  automatic,  // text for a terminal, else JSON
  json,
  text  // with colours on a terminal, but for NO_COLOR and TERM=dumb
};

// "auto", "json" or "text". Fails with Errc::invalid_use.
Result<Format> parse_format(std::string_view name);

struct Target {
  Format format = Format::json;
  std::string file{};  // to which lines are added; empty: standard output
};

// From now on lines go there; until it is called, as JSON to standard output. Fails with Errc::io when the
// file cannot be opened; then nothing has changed.
Result<void> open(Target target);

// Opens the file anew, after somebody has renamed it, and says so in it. If that fails the old one is written
// on, and told so. No line is lost. Without a file nothing happens.
void reopen();

// How many lines of one event are written: so many at once, and so many a second after that.
struct Rate {
  double lines_a_second;
  double lines_at_once;
};
inline constexpr Rate default_rate{0.2, 10};
void set_rate(std::string_view event, Rate rate);

// Says of which events lines were left out, and how many: of those that may write a line again (to be called
// about once a second), and of all (at the end).
void tell_suppressed();
void tell_all_suppressed();

// `event` is a dotted name that never changes ("room.loaded"); what varies goes into the fields.
void write(Level level, std::string_view event, std::initializer_list<Field> fields);

// Something that whoever answers for the data must know of. A line of its own kind ("kind":"security"),
// written whatever the level is set to, but for off.
void security(Level level, std::string_view event, std::initializer_list<Field> fields);
void security(Level level, std::string_view event, std::span<const Field> fields);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::error, event, fields);
}

}  // namespace canvas::log
