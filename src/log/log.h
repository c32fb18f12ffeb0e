// Structured logging: one JSON object a line on standard output. The only global state of the server.
//
//   log::info("room.loaded", {{"room", name}, {"rows", rows}});
//
// Any thread. Never give it a cookie, a token or a query string.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
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
