#include "log/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <cmath>
#include <string>

#include "base/json_text.h"

namespace canvas::log {
namespace {

spdlog::logger make_logger() {
  spdlog::logger logger("canvas-ws", std::make_shared<spdlog::sinks::stdout_sink_mt>());
  logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
  logger.flush_on(spdlog::level::debug);
  logger.set_level(spdlog::level::trace);
  return logger;
}

// Ours and not the logger's: security lines have a level, but are not dropped for it.
std::atomic<Level> threshold = Level::info;

spdlog::logger& logger() {
  static spdlog::logger instance = make_logger();
  return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

void append_value(std::string& out, const Field::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_json_string(out, *text);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*integer);
  } else if (const auto* count = std::get_if<std::uint64_t>(&value)) {
    out += std::to_string(*count);
  } else {
    const double number = std::get<double>(value);
    out += std::isfinite(number) ? std::to_string(number) : "null";
  }
}

}  // namespace

Result<Level> parse_level(std::string_view name) {
  if (name == "debug") return Level::debug;
  if (name == "info") return Level::info;
  if (name == "warn" || name == "warning") return Level::warning;
  if (name == "error") return Level::error;
  if (name == "off") return Level::off;
  return Error{Errc::invalid_use,
               "log level \"" + std::string(name) + "\": take debug, info, warn, error or off"};
}

void set_level(Level level) {
  threshold = level;
}

namespace {

void write_line(Level level, std::string line, std::string_view event, std::span<const Field> fields) {
  line += R"("event":)";
  append_json_string(line, event);
  for (const Field& field : fields) {
    line += ',';
    append_json_string(line, field.key());
    line += ':';
    append_value(line, field.value());
  }
  logger().log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level >= threshold) write_line(level, {}, event, std::span(fields.begin(), fields.size()));
}

void security(Level level, std::string_view event, std::initializer_list<Field> fields) {
  security(level, event, std::span(fields.begin(), fields.size()));
}

void security(Level level, std::string_view event, std::span<const Field> fields) {
  if (threshold != Level::off) write_line(level, R"("kind":"security",)", event, fields);
}

}  // namespace canvas::log
